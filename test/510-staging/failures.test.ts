import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { newGuid, parseInstanceId } from '../../src/core/ids.ts';
import { poll } from '../../src/core/wait.ts';
import type { StagingTask } from '../../src/proto/staging.ts';
import { enterLab } from '../kit/enter-lab.ts';
import { rawZip } from '../kit/raw-zip.ts';
import { openStager, type Staged, zipOf } from './open-stager.ts';

await enterLab(import.meta.filename);
const staging = await openStager();
after(() => staging[Symbol.asyncDispose]());

const droplets = new Set<string>();

afterEach(async () => {
  assert.deepEqual(await staging.remains(), [], 'a failed build leaves nothing');
  assert.deepEqual(
    (await staging.droplets.list()).filter(({ name }) => !droplets.has(name)),
    [],
    'a failed build leaves no droplet',
  );
});

/** Stages with a buildpack that has this one script. */
async function stageScript(
  step: 'detect' | 'compile' | 'release',
  script: string,
  change: Partial<StagingTask> = {},
  signal?: AbortSignal,
): Promise<Staged> {
  const path = join(staging.stateDir, 'buildpacks/scripted/bin', step);
  for (const other of ['detect', 'compile', 'release']) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(join(dirname(path), other), '#!/bin/sh\n');
    await chmod(join(dirname(path), other), 0o755);
  }
  await writeFile(path, `#!/bin/bash\n${script}\n`);
  const zip = await zipOf({ 'index.txt': 'x' });
  return staging.stage(zip, { buildpacks: ['scripted'], ...change }, signal);
}

function errorOf({ result, output }: Staged): string {
  assert.equal(result.state, 'FAILED', output.join('\n'));
  return result.error;
}

test('an app that no buildpack knows', async () => {
  const staged = await staging.stage(await zipOf({ 'notes.txt': 'x' }));
  assert.match(errorOf(staged), /^NoAppDetectedError - An app was not successfully detected/);
});

test('an empty package', async () => {
  assert.match(errorOf(await staging.stage(await zipOf({}))), /^NoAppDetectedError/);
});

test('compile fails: its output and exit status are there', async () => {
  const staged = await stageScript('compile', 'echo going down; echo badly >&2; exit 7');
  assert.equal(errorOf(staged), 'BuildpackCompileFailed - bin/compile ended with exit status 7');
  assert.ok(staged.output.includes('OUT going down'));
  assert.ok(staged.output.includes('ERR badly'));
});

test('release fails, or prints nonsense', async () => {
  assert.match(errorOf(await stageScript('release', 'exit 3')), /^BuildpackReleaseFailed .* 3$/);
  assert.match(
    errorOf(await stageScript('release', 'echo "- not a map"')),
    /^BuildpackReleaseFailed - bin\/release did not print/,
  );
});

test('output arrives while the build runs', async () => {
  const cancel = new AbortController();
  const staging1 = stageScript('compile', 'echo first; sleep 60', {}, cancel.signal);
  const seen = await poll(
    async () => ((await staging.warden.list())[0]?.state === 'running' ? true : undefined),
    { intervalMs: 20, timeoutMs: 5000 },
  );
  assert.ok(seen);
  await delay(500);
  cancel.abort();
  assert.ok((await staging1).output.includes('OUT first'));
});

test('a cancelled build ends at once', async () => {
  const startMs = performance.now();
  const staged = await stageScript('compile', 'sleep 60', {}, AbortSignal.timeout(500));
  assert.equal(errorOf(staged), 'StagingError - the build was cancelled');
  assert.ok(performance.now() - startMs < 5000);
});

test('a build that was cancelled before it began', async () => {
  const staged = await stageScript('compile', 'true', {}, AbortSignal.abort());
  assert.equal(errorOf(staged), 'StagingError - the build was cancelled');
});

test('a build that takes too long, in spite of SIGTERM', async () => {
  const staged = await stageScript('compile', "trap '' TERM; sleep 60", { timeoutSec: 0.7 });
  assert.equal(errorOf(staged), 'StagingTimeExpired - the build took more than 0.7 seconds');
});

test('a build that needs too much memory', async () => {
  const hog = 'exec node -e "const a = []; for (;;) a.push(Buffer.alloc(1e7, 1))"';
  const staged = await stageScript('compile', hog, { memoryMib: 64 });
  assert.equal(errorOf(staged), 'StagingError - the build needs more than its memory (64M)');
});

test('a build that fills its disk', async () => {
  const staged = await stageScript('compile', 'head -c 60M /dev/zero > big; sleep 60', {
    diskMib: 32,
  });
  assert.match(errorOf(staged), /^StagingError - the build needs more than the app's disk \(32M\)/);
});

test('a package that is gone', async () => {
  const zip = await zipOf({ 'package.json': '{}' });
  const packageGuid = newGuid();
  const { task } = await staging.stage(zip, { buildpacks: ['none'] });
  const result = await staging.stager.stage(
    { ...task, packageGuid, buildpacks: [] },
    new AbortController().signal,
  );
  assert.match(JSON.stringify(result), /the package is not there any more/);
});

test('a package bigger than the disk, packed or unpacked', async () => {
  const random = Buffer.from(crypto.getRandomValues(new Uint8Array(65536)));
  const packed = await zipOf({ a: Buffer.concat(Array.from({ length: 40 }, () => random)) });
  const stored = rawZip([{ name: 'a', content: Buffer.alloc(3 * 2 ** 20) }]);
  const bomb = rawZip([{ name: 'a', content: Buffer.alloc(2 ** 26), deflate: true }]);
  assert.ok(packed.length < stored.length);
  assert.match(errorOf(await staging.stage(stored, { diskMib: 2 })), /package is bigger/);
  assert.match(errorOf(await staging.stage(bomb, { diskMib: 2 })), /bigger .* when unpacked/);
});

test('a package that would write elsewhere', async () => {
  const staged = await staging.stage(rawZip([{ name: '../evil', content: 'x' }]));
  assert.match(errorOf(staged), /“\.\.”/);
  const broken = await staging.stage(Buffer.from('no zip'));
  assert.match(errorOf(broken), /cannot be unpacked/);
});

test('a buildpack that is not known, or not allowed', async () => {
  const zip = await zipOf({});
  const unknown = await staging.stage(zip, { buildpacks: ['cobol'] });
  assert.match(errorOf(unknown), /there is no buildpack “cobol”: known are staticfile, nodejs/);
  const host = await staging.stage(zip, { buildpacks: ['/root'] });
  assert.match(errorOf(host), /must be folders in/);
});

test('a file that says it is a terabyte but takes no disk is not packed', async () => {
  for (const script of [
    'truncate -s 1T ~/app/hole',
    'head -c 8M /dev/zero > ~/app/0; for i in {1..20}; do ln ~/app/0 ~/app/$i; done',
  ]) {
    const staged = await stageScript('compile', script, { diskMib: 64 });
    assert.match(errorOf(staged), /app holds longer files than fit the app's disk/);
  }
});

test('a build cannot make the host read or pack what is not its own', async () => {
  const secret = join(staging.stateDir, 'secret');
  await writeFile(secret, 'default_process_types: {web: secret}');
  const swap = (path: string, target: string) =>
    stageScript('release', `rm -rf ${path}; ln -s ${target} ${path}`);
  for (const path of ['~/result/release.yml', '~/app/Procfile', '~/result/buildpacks']) {
    assert.match(errorOf(await swap(path, secret)), /not a plain file/);
  }
  for (const path of ['~/app', '~/deps', '~/profile.d']) {
    assert.match(errorOf(await swap(path, '/etc')), /is not a folder any more/);
  }
  const cache = await swap('~/cache', '/etc');
  assert.equal(cache.result.state, 'STAGED', 'the cache is a help, no part of the result');
  droplets.add(cache.task.dropletGuid);
  assert.equal(existsSync(join(staging.stateDir, 'dea/cache')), false);
  const pipe = await stageScript('release', 'mkfifo ~/app/pipe');
  assert.match(errorOf(pipe), /app\/pipe is neither a file/);
});

test('a build cannot change what it was given', async () => {
  const staged = await stageScript(
    'compile',
    'for f in "$0" /opt/sprue/stage.sh /opt/sprue/buildpacks/nodejs/bin/detect /opt/node/bin/node; do echo x 2>/dev/null >> $f && echo "wrote $f"; done; exit 9',
  );
  assert.match(errorOf(staged), /exit status 9/);
  assert.doesNotMatch(staged.output.join('\n'), /wrote/);
  const path = join(staging.stateDir, 'buildpacks/scripted/bin/compile');
  assert.doesNotMatch(await readFile(path, 'utf8'), /^x$/m);
});

test('what a build left behind when its agent died does not keep it from being done', async () => {
  const buildGuid = newGuid();
  const instanceId = parseInstanceId(buildGuid);
  const { netnsPath } = await staging.network.attach({ instanceId, appGuid: newGuid(), index: 0 });
  await staging.warden.create({ ...leftBehind, instanceId, netnsPath });
  await staging.warden.start(instanceId);
  const folder = join(staging.stateDir, 'dea/staging', buildGuid);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.zip'), 'half');

  const staged = await stageScript('compile', 'true', { buildGuid });
  assert.equal(staged.result.state, 'STAGED', JSON.stringify(staged));
  droplets.add(staged.task.dropletGuid);
});

test('the first build of a new agent removes the files of builds that nobody goes on with', async () => {
  const folder = join(staging.stateDir, 'dea/staging', newGuid());
  await mkdir(folder, { recursive: true });
  const another = staging.another();
  const { task } = await stageScript('compile', 'exit 1');
  assert.ok(existsSync(folder), 'other builds of a running agent are left alone');
  await another.stage(task, new AbortController().signal);
  assert.equal(existsSync(folder), false);
});

const leftBehind = {
  hostname: 'staging',
  args: ['/bin/sleep', '60'],
  cwd: '/home/vcap',
  env: {},
  memoryMib: 64,
  diskMib: 64,
  pids: 8,
  containerIp: '10.254.0.9',
  nameservers: [],
  mounts: [],
} as const;
