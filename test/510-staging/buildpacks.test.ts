import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { run } from '../../src/exec/run.ts';
import { enterLab } from '../kit/enter-lab.ts';
import { LAB } from '../kit/net-lab.ts';
import { rawZip } from '../kit/raw-zip.ts';
import { openStager, type Staged, zipOf } from './open-stager.ts';
import { serveFolder } from './serve-folder.ts';

const lab = await enterLab(import.meta.filename);
const staging = await openStager();
after(() => staging[Symbol.asyncDispose]());

function assertStaged({ result, output }: Staged) {
  assert.equal(result.state, 'STAGED', `${JSON.stringify(result)}\n${output.join('\n')}`);
  return result;
}

const classicBuildpack = {
  'bin/detect': '#!/bin/sh\necho Classic 1.0\n',
  'bin/compile': '#!/bin/sh\necho "compiling $1 with cache $2"\necho built > "$1/built"\n',
  'bin/release': '#!/bin/sh\necho "default_process_types: {web: cat built, worker: sleep 1}"\n',
};

async function writeFiles(folder: string, files: Readonly<Record<string, string>>) {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
    if (content.startsWith('#!')) await chmod(join(folder, path), 0o755);
  }
}

/** A package of npm, as `npm pack` makes it. */
async function npmTarball(): Promise<Buffer> {
  const tar = pack();
  const manifest = { name: 'greet', version: '1.0.0', bin: { greet: 'cli.js' } };
  tar.entry({ name: 'package/package.json' }, JSON.stringify(manifest));
  tar.entry({ name: 'package/cli.js', mode: 0o755 }, '#!/usr/bin/env node\nconsole.log("hi");\n');
  tar.finalize();
  return gzipSync(await buffer(tar as AsyncIterable<Uint8Array>));
}

test('nodejs: npm ci with a lock file', async () => {
  const dependencies = { greet: 'file:vendor/greet.tgz' };
  const staged = await staging.stage(
    await zipOf({
      'package.json': JSON.stringify({ name: 'a', version: '1.0.0', dependencies, main: 'app.js' }),
      'app.js': 'import("greet")',
      'vendor/greet.tgz': await npmTarball(),
      'package-lock.json': JSON.stringify({
        name: 'a',
        version: '1.0.0',
        lockfileVersion: 3,
        packages: {
          '': { name: 'a', version: '1.0.0', dependencies },
          'node_modules/greet': {
            version: '1.0.0',
            resolved: 'file:vendor/greet.tgz',
            bin: { greet: 'cli.js' },
          },
        },
      }),
    }),
  );
  assert.deepEqual(assertStaged(staged).processTypes, { web: "node 'app.js'" });
  assert.ok(staged.output.includes('OUT        npm ci'), staged.output.join('\n'));
  const contents = await staging.contents(staged.task);
  assert.ok(contents.includes('app/node_modules/greet/cli.js'));
  assert.ok(contents.includes('app/node_modules/.bin/greet'));
  assert.ok(
    !contents.some(path => path.includes('_cacache')),
    'the cache stays out of the droplet',
  );
});

test('nodejs: vendored dependencies are left alone; hooks need npm', async () => {
  const scripts = { start: 'node app.js', prestart: 'node build.js' };
  const staged = await staging.stage(
    await zipOf({
      'package.json': JSON.stringify({ scripts, dependencies: { left: '1.0.0' } }),
      'node_modules/left/index.js': '',
    }),
  );
  assert.deepEqual(assertStaged(staged).processTypes, { web: 'npm start' });
  assert.ok(staged.output.includes('OUT        Using the node_modules that came with the app'));
});

test('nodejs: a dependency that is not there is a compile failure, with npm’s words', async () => {
  const dependencies = { left: 'file:vendor/left.tgz' };
  const left = { version: '1.0.0', resolved: 'file:vendor/left.tgz' };
  const staged = await staging.stage(
    await zipOf({
      'package.json': JSON.stringify({ dependencies }),
      'package-lock.json': JSON.stringify({
        lockfileVersion: 3,
        packages: { '': { dependencies }, 'node_modules/left': left },
      }),
    }),
  );
  assert.equal(staged.result.state, 'FAILED');
  assert.match(JSON.stringify(staged.result), /BuildpackCompileFailed - bin\/supply ended/);
  assert.match(staged.output.join('\n'), /ERR npm error .*left\.tgz/);
});

test('python: pip installs a wheel that came with the app', async () => {
  const wheel = rawZip([
    { name: 'greet.py', content: 'print("hi")\n' },
    {
      name: 'greet-1.0.dist-info/METADATA',
      content: 'Metadata-Version: 2.1\nName: greet\nVersion: 1.0\n',
    },
    {
      name: 'greet-1.0.dist-info/WHEEL',
      content: 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    },
    {
      name: 'greet-1.0.dist-info/RECORD',
      content: 'greet.py,,\ngreet-1.0.dist-info/METADATA,,\ngreet-1.0.dist-info/WHEEL,,\n',
    },
  ]);
  const staged = await staging.stage(
    await zipOf({
      'app.py': 'import greet\n',
      'requirements.txt': '# ours\n./greet-1.0-py3-none-any.whl\n',
      'greet-1.0-py3-none-any.whl': wheel,
    }),
  );
  assert.deepEqual(assertStaged(staged).processTypes, { web: 'python app.py' });
  const contents = await staging.contents(staged.task);
  assert.ok(contents.some(path => /deps\/0\/venv\/lib\/.*\/greet\.py$/.test(path)));
});

test('procfile: wins over what a buildpack releases, and brings further process types', async () => {
  const staged = await staging.stage(
    await zipOf({
      'package.json': JSON.stringify({ scripts: { start: 'node app.js' } }),
      Procfile: 'web: node other.js\nworker: node worker.js\n',
    }),
  );
  assert.deepEqual(assertStaged(staged).processTypes, {
    web: 'node other.js',
    worker: 'node worker.js',
  });
});

test('procfile: alone it is enough', async () => {
  const staged = await staging.stage(
    await zipOf({ Procfile: 'web: ./run', run: '#!/bin/sh\n', '.profile.d/a.sh': '' }),
  );
  assert.deepEqual(assertStaged(staged).buildpacks, [
    { name: 'procfile', detectOutput: 'procfile' },
  ]);
  assert.ok((await staging.contents(staged.task)).includes('app/.profile.d/a.sh'));
});

test('binary: by its name, or when the start command is known', async () => {
  const zip = await zipOf({ run: '#!/bin/sh\n' });
  for (const change of [{ buildpacks: ['binary_buildpack'] }, { startCommandKnown: true }]) {
    const result = assertStaged(await staging.stage(zip, change));
    assert.equal(result.buildpacks[0]?.name, 'binary');
    assert.deepEqual(result.processTypes, {});
  }
});

test('staticfile: unsupported settings fail instead of being ignored', async () => {
  for (const files of [
    { Staticfile: 'force_https: true' },
    { Staticfile: 'root: ../..' },
    { Staticfile: 'root: missing' },
    { Staticfile: '', 'Staticfile.auth': 'me:secret' },
  ]) {
    const { result, output } = await staging.stage(await zipOf(files));
    assert.equal(result.state, 'FAILED', JSON.stringify(files));
    assert.match(output.join('\n'), /not supported|leads out|is not a folder/);
  }
});

test('buildpack API: a folder of the operator, of the classic kind', async () => {
  await writeFiles(join(staging.stateDir, 'buildpacks/classic'), classicBuildpack);
  const staged = await staging.stage(await zipOf({ a: '' }), { buildpacks: ['classic'] });
  assert.deepEqual(assertStaged(staged).processTypes, { web: 'cat built', worker: 'sleep 1' });
  assert.ok(
    staged.output.includes('OUT compiling /home/vcap/app with cache /home/vcap/cache'),
    staged.output.join('\n'),
  );
  assert.ok((await staging.contents(staged.task)).includes('app/built'));
});

test('buildpack API: a git repository, whole or by branch, fetched in the container', async () => {
  const base = await mkdtemp(join(tmpdir(), 'sprue-git-'));
  const git = (...argv: string[]) =>
    run(['git', '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...argv], {
      cwd: join(base, 'work'),
    });
  try {
    await writeFiles(join(base, 'work'), classicBuildpack);
    await git('init', '--quiet', '--initial-branch=main');
    await git('add', '.');
    await git('commit', '--quiet', '-m', 'first');
    await git('checkout', '--quiet', '-b', 'v2');
    await writeFiles(join(base, 'work'), { 'bin/release': '#!/bin/sh\necho "{}"\n' });
    await git('commit', '--quiet', '-am', 'second');
    await git('checkout', '--quiet', 'main');
    await run(['git', 'clone', '--quiet', '--bare', join(base, 'work'), join(base, 'www/bp.git')]);
    await run(['git', 'update-server-info'], { cwd: join(base, 'www/bp.git') });
    await using server = await serveFolder(lab.outside, LAB.publicAddress, join(base, 'www'));
    const url = `http://${LAB.publicAddress}:${server.port}/bp.git`;
    const zip = await zipOf({ a: '' });

    const first = assertStaged(await staging.stage(zip, { buildpacks: [url] }));
    assert.deepEqual(first.processTypes, { web: 'cat built', worker: 'sleep 1' });
    assert.deepEqual(first.buildpacks, [{ name: url, detectOutput: '' }]);
    const second = assertStaged(await staging.stage(zip, { buildpacks: [`${url}#v2`] }));
    assert.deepEqual(second.processTypes, {});

    const missing = await staging.stage(zip, { buildpacks: [`${url}#none`] });
    assert.match(JSON.stringify(missing.result), /BuildpackCompileFailed - git could not fetch/);
  } finally {
    await rm(base, { recursive: true });
  }
});

test('buildpack API: several supply, the last finalizes, what they supply is there at the start', async () => {
  await writeFiles(join(staging.stateDir, 'buildpacks/tool'), {
    'bin/supply':
      '#!/bin/sh\nmkdir -p "$3/$4/bin" "$3/$4/profile.d"\nprintf "#!/bin/sh\\necho tool\\n" > "$3/$4/bin/tool"\nchmod +x "$3/$4/bin/tool"\necho "export TOOL=yes" > "$3/$4/profile.d/tool.sh"\n',
  });
  await writeFiles(join(staging.stateDir, 'buildpacks/last'), {
    'bin/supply': '#!/bin/sh\ntool\n',
    'bin/finalize': '#!/bin/sh\necho "finalize $3 $4 $5"\n',
    'bin/release': '#!/bin/sh\necho "default_process_types: {web: tool}"\n',
  });
  const staged = await staging.stage(await zipOf({ a: '' }), { buildpacks: ['tool', 'last'] });
  assert.deepEqual(assertStaged(staged).buildpacks, [
    { name: 'tool', detectOutput: '' },
    { name: 'last', detectOutput: '' },
  ]);
  assert.ok(staged.output.includes('OUT tool'));
  assert.ok(staged.output.includes('OUT finalize /home/vcap/deps 1 /home/vcap/profile.d'));
  const contents = await staging.contents(staged.task);
  assert.ok(contents.includes('profile.d/0_tool.sh'), contents.join('\n'));

  const wrong = await staging.stage(await zipOf({ a: '' }), { buildpacks: ['procfile', 'last'] });
  assert.match(JSON.stringify(wrong.result), /procfile has no bin\/supply/);
});

test('buildpack API: the cache lasts from one build of an app to the next, and is nobody else’s', async () => {
  await writeFiles(join(staging.stateDir, 'buildpacks/caching'), {
    'bin/compile':
      '#!/bin/sh\necho "found: $(cat "$2/downloads/a" 2>&1)"\nmkdir -p "$2/downloads"\necho kept > "$2/downloads/a"\n',
  });
  const zip = await zipOf({ a: '' });
  const first = await staging.stage(zip, { buildpacks: ['caching'] });
  assert.match(first.output.join('\n'), /found: cat: .*No such file/);
  const { appGuid } = first.task;
  const second = await staging.stage(zip, { buildpacks: ['caching'], appGuid });
  assert.ok(second.output.includes('OUT found: kept'), second.output.join('\n'));
  const other = await staging.stage(zip, { buildpacks: ['caching'] });
  assert.match(other.output.join('\n'), /No such file/);

  await writeFile(join(staging.stateDir, `dea/cache/${appGuid}.tgz`), 'damaged');
  const third = await staging.stage(zip, { buildpacks: ['caching'], appGuid });
  assertStaged(third);
});

test('a build sees the user’s variables and the platform’s, and nothing of the host', async () => {
  await writeFiles(join(staging.stateDir, 'buildpacks/env'), {
    'bin/compile': '#!/bin/sh\nenv | sort\n',
  });
  process.env['SPRUE_TEST_SECRET'] = 'secret';
  const staged = await staging.stage(await zipOf({ a: '' }), {
    buildpacks: ['env'],
    env: { COLOUR: 'a $(b) "c"', VCAP_APPLICATION: 'forged', VCAP_SERVICES: '{"x":[]}' },
  });
  assertStaged(staged);
  const env = staged.output;
  for (const line of [
    'OUT COLOUR=a $(b) "c"',
    'OUT VCAP_APPLICATION={"application_name":"app"}',
    'OUT VCAP_SERVICES={"x":[]}',
    'OUT MEMORY_LIMIT=1024m',
    'OUT HOME=/home/vcap',
  ]) {
    assert.ok(env.includes(line), `${line} in ${env.join('\n')}`);
  }
  assert.ok(!env.join('\n').includes('secret'));
});
