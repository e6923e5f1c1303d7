import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { temporaryDirectory } from '../../src/cli/testing/capture.ts';
import { FakePlatform } from '../../src/cli/testing/fake-platform.ts';
import { run } from '../../src/exec/run.ts';

const sprue = join(import.meta.dirname, '../../bin/sprue');
const anyExit = Array.from({ length: 256 }, (_, code) => code);

interface Bench extends AsyncDisposable {
  readonly platform: FakePlatform;
  readonly source: string;
  readonly env: Record<string, string>;
}

async function bench(): Promise<Bench> {
  const platform = await FakePlatform.start();
  const directory = await temporaryDirectory();
  const source = join(directory.path, 'shop');
  await mkdir(source);
  await writeFile(join(source, 'server.js'), '// an app\n');
  return {
    platform,
    source,
    env: { PATH: process.env['PATH'] ?? '', ...platform.env(directory.path) },
    async [Symbol.asyncDispose]() {
      await platform[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function ended(child: ChildProcess): Promise<Ended> {
  const { stdout, stderr } = child;
  assert.ok(stdout && stderr);
  const [out, err, [code]] = await Promise.all([text(stdout), text(stderr), once(child, 'close')]);
  return { code: code as number | null, stdout: out, stderr: err };
}

describe('bin/sprue', () => {
  test('exits with the documented codes', async () => {
    await using b = await bench();
    for (const [argv, code] of [
      [['--help'], 0],
      [['version'], 0],
      [['psuh'], 2],
      [['app', 'missing'], 3],
    ] as const) {
      const { exitCode, stderr } = await run([sprue, ...argv], {
        env: b.env,
        okExitCodes: anyExit,
      });
      assert.equal(exitCode, code, `${argv.join(' ')}\n${stderr}`);
    }
  });

  test('Ctrl-C during a push says what goes on, and exits 130', async () => {
    await using b = await bench();
    const env = b.env;
    const staging = Promise.withResolvers<void>();
    b.platform.behaviour.intercept = ({ path }) => {
      if (path !== '/v3/builds/build') return undefined;
      staging.resolve();
      return { body: { guid: 'build', state: 'STAGING' } };
    };
    const child = spawn(sprue, ['push', 'shop', '-p', b.source], { env });
    const end = ended(child);
    await staging.promise;
    child.kill('SIGINT');
    const { code, stderr } = await end;
    assert.equal(code, 130, stderr);
    assert.match(stderr, /Interrupted\. What the platform has begun for shop goes on there/);
    assert.match(stderr, /`sprue app shop` shows it/);
  });

  test('Ctrl-C is the usual end of logs', async () => {
    await using b = await bench();
    b.platform.addApp('shop');
    const env = b.env;
    const waiting = Promise.withResolvers<void>();
    b.platform.behaviour.intercept = ({ query }) => {
      if (query.has('wait_ms')) waiting.resolve();
      return undefined;
    };
    const child = spawn(sprue, ['logs', 'shop'], { env });
    const end = ended(child);
    await waiting.promise;
    child.kill('SIGINT');
    const { code, stderr } = await end;
    assert.deepEqual([code, stderr], [0, '']);
  });

  test('a reader that ends first is no error', async () => {
    await using b = await bench();
    for (let index = 0; index < 2_000; index++) b.platform.addApp(`app-${index}`);
    const child = spawn(sprue, ['apps'], { env: b.env });
    child.stdout.once('data', () => child.stdout.destroy());
    const [code] = await once(child, 'exit');
    assert.equal(code, 0);
    assert.equal(await text(child.stderr), '');
  });

  test('asks for the password without showing it', async () => {
    await using b = await bench();
    const { SPRUE_USER: _, SPRUE_PASSWORD: __, ...env } = b.env;
    const asked: string[] = [];
    b.platform.behaviour.intercept = ({ path, body }) => {
      if (path === '/oauth/token') asked.push(body.toString());
      return undefined;
    };
    const command = `${sprue} login --no-color -a ${b.platform.server.url} -u admin`;
    const child = spawn('script', ['-qec', command, '/dev/null'], { env });
    let screen = '';
    const end = ended(child);
    child.stdout.on('data', (chunk: Buffer) => {
      screen += chunk;
      if (chunk.includes('Password of admin: ')) child.stdin.write('pässword 1\r');
    });
    const { code } = await end;
    assert.equal(code, 0, screen);
    assert.equal(new URLSearchParams(asked[0]).get('password'), 'pässword 1');
    assert.ok(!screen.includes('ssword 1'), screen);
    assert.match(screen, /space +dev/);
  });
});

describe('completion for bash', () => {
  test('is valid, and completes commands, options and names of apps', async () => {
    await using b = await bench();
    b.platform.addApp('shop');
    b.platform.addApp('shore');
    const script = `
source <(${sprue} completion bash)
sprue() { ${sprue} "$@"; }
try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _sprue; echo "\${COMPREPLY[*]}"; }
try sprue unm
try sprue push --rand
try sprue logs sho
try sprue lab st
try sprue lab up --rou
`;
    const { stdout, stderr } = await run(['bash', '-euc', script], { env: b.env });
    assert.equal(stderr, '');
    assert.deepEqual(stdout.trim().split('\n'), [
      'unmap-route',
      '--random-route',
      'shop shore',
      'status start',
      '--routers',
    ]);
  });
});
