import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { CommandSpec } from './command-spec.ts';
import { runCaptured, temporaryDirectory } from './testing/capture.ts';
import { FakePlatform } from './testing/fake-platform.ts';

interface Bench extends AsyncDisposable {
  readonly platform: FakePlatform;
  readonly home: string;
  /** A directory with an app in it. */
  readonly source: string;
  run(...argv: string[]): ReturnType<typeof runCaptured>;
}

async function bench(): Promise<Bench> {
  const platform = await FakePlatform.start();
  const directory = await temporaryDirectory();
  const source = join(directory.path, 'shop');
  await mkdir(source);
  await writeFile(join(source, 'server.js'), '// an app\n');
  return {
    platform,
    home: directory.path,
    source,
    run: (...argv) => runCaptured(argv, { env: platform.env(directory.path) }),
    async [Symbol.asyncDispose]() {
      await platform[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

describe('runCli', () => {
  const env = { SPRUE_HOME: '/nonexistent' };

  test('shows the commands, by group', async () => {
    const { exitCode, stdout, stderr } = await runCaptured([], { env });
    assert.equal(exitCode, 0);
    assert.equal(stderr, '');
    assert.match(stdout, /\nApps:\n {2}push \[app\]/);
  });

  test('begins the help of a command with examples', async () => {
    const { exitCode, stdout } = await runCaptured(['push', '--help'], { env });
    assert.equal(exitCode, 0);
    assert.match(stdout, /^Examples:\n {2}\$ sprue push/);
  });

  const usage = [
    [['psuh'], /`sprue psuh` is no command\. Did you mean “push”\?/],
    [['push', '--instnces', '2'], /Unknown option '--instnces' \(did you mean --instances\?\)/],
    [['push', '-i', 'two'], /“two” is not a whole number from 0 on \(--instances\)/],
    [['push', '-u', 'tcp'], /Allowed choices are port, http, process/],
    [['app'], /Missing required argument 'app'/],
    [['apps', 'extra'], /Too many arguments/],
  ] as const;
  for (const [argv, message] of usage) {
    test(`\`${argv.join(' ')}\` is a usage error`, async () => {
      const { exitCode, stdout, stderr } = await runCaptured(argv, { env });
      assert.equal(exitCode, 2);
      assert.equal(stdout, '');
      assert.match(stderr, message);
    });
  }

  test('explains an error code', async () => {
    const { exitCode, stdout } = await runCaptured(['help', 'APP_LOOPBACK_BIND'], { env });
    assert.equal(exitCode, 0);
    assert.match(stdout, /listens on loopback only/);
    assert.match(stdout, /exit code +6/);
    assert.doesNotMatch(stdout, /[{}]/);
  });

  test('does not know every code', async () => {
    const { exitCode, stderr } = await runCaptured(['help', 'APP_LOOPBACK'], { env });
    assert.equal(exitCode, 3);
    assert.match(stderr, /APP_LOOPBACK_BIND/);
  });

  test('runs commands of the platform, which take the place of its own', async () => {
    const commands: readonly CommandSpec[] = [
      {
        name: 'status',
        summary: 'Another status',
        group: 'Platform',
        options: [{ flags: '--deep', description: 'look deeper' }],
        load: async () => ({
          async run({ options, context }) {
            context.output.line(`deep: ${options.flag('deep')}`);
            return 7;
          },
        }),
      },
    ];
    const ran = await runCaptured(['status', '--deep'], { env, commands });
    assert.deepEqual([ran.exitCode, ran.stdout], [7, 'deep: true\n']);
  });

  test('has a completion for each shell that knows every command', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { exitCode, stdout } = await runCaptured(['completion', shell], { env });
      assert.equal(exitCode, 0);
      for (const word of ['push', 'unmap-route', '--random-route', 'sprue complete']) {
        assert.ok(
          stdout.includes(word.replace('--', shell === 'fish' ? '' : '--')),
          `${shell}: ${word}`,
        );
      }
    }
    const { exitCode } = await runCaptured(['completion', 'tcsh'], { env });
    assert.equal(exitCode, 2);
  });

  test('says nothing and offers nothing when completion cannot reach the platform', async () => {
    const ran = await runCaptured(['complete', 'app'], { env });
    assert.deepEqual(ran, { exitCode: 0, stdout: '', stderr: '' });
  });
});

describe('push', () => {
  test('of a new app: applies, uploads, stages, starts, verifies, and says where it is', async () => {
    await using b = await bench();
    const { exitCode, stdout, stderr } = await b.run('push', `${b.source}/`, '-m', '64M');
    assert.equal(exitCode, 0, stderr);
    assert.match(
      b.platform.manifests[0] ?? '',
      /name: shop\n +memory: 64M\n +default-route: true\n/,
    );
    assert.match(b.platform.uploads[0]?.toString('latin1') ?? '', /PK.*server\.js/s);
    assert.match(stderr, /│ -----> Node\.js\n/);
    for (const step of ['manifest', 'zip', 'upload', 'stage', 'start', 'verify']) {
      assert.match(stderr, new RegExp(`^✓ +[\\d.]+ m?s  ${step}`, 'm'));
    }
    const port = new URL(b.platform.server.url).port;
    assert.match(stderr, new RegExp(`GET http://shop\\.sprue\\.localhost:${port} → 200\n`));
    assert.match(stdout, new RegExp(`^url +http://shop\\.sprue\\.localhost:${port}$`, 'm'));
    assert.match(stdout, /10\.0\.0\.5:61001 → 10\.254\.0\.2:8080/);
    assert.match(stderr, /Done in .*Next:\n {2}sprue logs shop/s);
  });

  test('with --json prints one object and explains nothing', async () => {
    await using b = await bench();
    const { exitCode, stdout, stderr } = await b.run('push', 'shop', '-p', b.source, '--json');
    assert.equal(exitCode, 0, stderr);
    assert.equal(stderr, '');
    const { apps } = JSON.parse(stdout) as { apps: { name: string; check: { status: number } }[] };
    assert.deepEqual(
      apps.map(({ name, check }) => [name, check.status]),
      [['shop', 200]],
    );
  });

  test('of a running app is a rolling deployment', async () => {
    await using b = await bench();
    b.platform.addApp('shop');
    const { exitCode, stderr } = await b.run('push', 'shop', '-p', b.source);
    assert.equal(exitCode, 0, stderr);
    assert.ok(b.platform.server.requests.includes('POST /v3/deployments'));
    assert.ok(!b.platform.server.requests.some(line => line.includes('/actions/st')));
  });

  test('that fails to start says why, and that the older version serves; exit 6', async () => {
    await using b = await bench();
    b.platform.addApp('shop');
    b.platform.behaviour.deploymentFailure = {
      reason: 'Exited with status 3',
      process_type: 'web',
      index: 0,
      exit_status: 3,
      last_lines: ['cannot find module “express”'],
      listen_problem: null,
    };
    const { exitCode, stdout, stderr } = await b.run('push', 'shop', '-p', b.source);
    assert.equal(exitCode, 6);
    assert.equal(stdout, '');
    assert.match(stderr, /Its last lines:\n +│ cannot find module/);
    assert.match(stderr, /Error: shop does not run well: instance 0: Exited with status 3\./);
    assert.match(stderr, /The version that ran before keeps serving\./);
    b.platform.behaviour.instance = { state: 'CRASHED' };
    const alone = await b.run('push', 'shop', '-p', b.source);
    assert.doesNotMatch(alone.stderr, /keeps serving/);
  });

  test('of an app on loopback names it with the fix; exit 6, JSON too', async () => {
    await using b = await bench();
    const listen_problem = { code: 'APP_LOOPBACK_BIND', text: 'Found 127.0.0.1:8080.', fix: '-' };
    const sprue = { current: true, network: null, crash: null, listen_problem };
    b.platform.behaviour.instance = { sprue };
    const plain = await b.run('push', 'shop', '-p', b.source);
    assert.equal(plain.exitCode, 6);
    assert.match(plain.stderr, /listens on loopback only\. Found 127\.0\.0\.1:8080/);
    assert.match(plain.stderr, /Listen on 0\.0\.0\.0 and the port in \$PORT/);
    const json = await b.run('push', 'shop', '-p', b.source, '--json');
    const { error } = JSON.parse(json.stderr) as { error: { code: string; exit: number } };
    assert.deepEqual([error.code, error.exit], ['APP_LOOPBACK_BIND', 6]);
  });

  test('whose staging fails shows the reason; exit 1', async () => {
    await using b = await bench();
    b.platform.behaviour.buildError = 'NoAppDetectedError - nothing fits.';
    const { exitCode, stderr } = await b.run('push', 'shop', '-p', b.source);
    assert.equal(exitCode, 1);
    assert.match(stderr, /could not be staged: NoAppDetectedError - nothing fits\./);
  });

  test('--no-start uploads and stops', async () => {
    await using b = await bench();
    b.platform.addApp('shop');
    const { exitCode, stderr } = await b.run('push', 'shop', '-p', b.source, '--no-start');
    assert.equal(exitCode, 0, stderr);
    assert.equal(b.platform.apps[0]?.state, 'STOPPED');
    assert.equal(b.platform.uploads.length, 1);
    assert.ok(!b.platform.server.requests.includes('POST /v3/builds'));
  });

  test('--dry-run prints the manifest and asks nothing of the platform', async () => {
    await using b = await bench();
    await writeFile(join(b.source, 'manifest.yml'), 'applications: [{name: ((n)), memory: 64M}]');
    const { exitCode, stdout } = await b.run('push', `${b.source}/`, '--dry-run', '--var', 'n=x');
    assert.equal(exitCode, 0);
    assert.equal(stdout, 'applications:\n  - name: x\n    memory: 64M\n    default-route: true\n');
    assert.deepEqual(b.platform.server.requests, []);
  });

  test('with something wrong in the files changes nothing', async () => {
    await using b = await bench();
    const { exitCode } = await b.run('push', 'shop', '-p', join(b.source, 'missing'));
    assert.equal(exitCode, 2);
    assert.deepEqual(b.platform.manifests, []);
  });

  test('that is interrupted says what goes on; exit 130', async () => {
    await using b = await bench();
    const controller = new AbortController();
    b.platform.behaviour.intercept = ({ path }) => {
      if (path !== '/v3/builds/build') return undefined;
      controller.abort();
      return { body: { guid: 'build', state: 'STAGING' } };
    };
    const env = b.platform.env(b.home);
    const argv = ['push', 'shop', '-p', b.source];
    const { exitCode, stderr } = await runCaptured(argv, { env, signal: controller.signal });
    assert.equal(exitCode, 130);
    assert.match(
      stderr,
      /Interrupted\. What the platform has begun for shop goes on there; `sprue app shop`/,
    );
  });
});

describe('other verbs', () => {
  test('apps lists names, states and URLs', async () => {
    await using b = await bench();
    b.platform.addApp('shop');
    const { stdout } = await b.run('apps');
    assert.match(
      stdout,
      /^NAME +STATE +PROCESSES +MEMORY +URLS\nshop +started +web:0\/1 +256M +http:\/\/shop\./,
    );
    assert.equal((await b.run('apps', '-q')).stdout, 'shop\n');
    assert.equal((JSON.parse((await b.run('apps', '--json')).stdout) as unknown[]).length, 1);
  });

  test('an app that is not there: the nearest name; exit 3', async () => {
    await using b = await bench();
    b.platform.addApp('shop');
    const { exitCode, stderr } = await b.run('app', 'shpo');
    assert.equal(exitCode, 3);
    assert.match(stderr, /There is no app “shpo” in space dev\. Did you mean “shop”\?/);
  });

  test('a space that is not there; exit 3', async () => {
    await using b = await bench();
    const env = { ...b.platform.env(b.home), SPRUE_SPACE: 'dve' };
    const { exitCode, stderr } = await runCaptured(['apps'], { env });
    assert.equal(exitCode, 3);
    assert.match(stderr, /There is no space “dve” in org sprue\. Did you mean “dev”\?/);
  });

  test('delete needs -f when nobody can be asked; with -r it takes the routes along', async () => {
    await using b = await bench();
    b.platform.addApp('shop');
    const asked = await b.run('delete', 'shop');
    assert.equal(asked.exitCode, 2);
    assert.equal(b.platform.apps.length, 1);
    const forced = await b.run('delete', 'shop', '-f', '-r');
    assert.equal(forced.exitCode, 0, forced.stderr);
    assert.equal(b.platform.apps.length, 0);
    assert.ok(b.platform.server.requests.includes('DELETE /v3/routes/route-of-shop'));
    assert.equal((await b.run('delete', 'shop', '-f')).exitCode, 0);
  });

  test('start and stop do nothing twice', async () => {
    await using b = await bench();
    b.platform.addApp('shop', 'STOPPED');
    assert.match((await b.run('stop', 'shop')).stderr, /stopped already/);
  });

  test('curl prints what the API says, whatever its status', async () => {
    await using b = await bench();
    const plain = await b.run('curl', 'v3/nothing');
    assert.equal(plain.exitCode, 0);
    assert.match(plain.stdout, /CF-ResourceNotFound/);
    assert.equal((await b.run('curl', '/v3/nothing', '--fail')).exitCode, 22);
  });

  test('login keeps tokens, org and space; target shows them; logout forgets', async () => {
    await using b = await bench();
    const { SPRUE_HOME = '', SPRUE_USER = '', SPRUE_PASSWORD = '' } = b.platform.env(b.home);
    const env = { SPRUE_HOME, SPRUE_USER, SPRUE_PASSWORD };
    const login = await runCaptured(['login', '-a', b.platform.server.url], { env });
    assert.equal(login.exitCode, 0, login.stderr);
    const target = await runCaptured(['target', '--json'], { env: { SPRUE_HOME } });
    assert.deepEqual(JSON.parse(target.stdout), {
      api: b.platform.server.url,
      user: 'admin',
      org: 'sprue',
      space: 'dev',
    });
    assert.equal((await runCaptured(['apps'], { env: { SPRUE_HOME } })).exitCode, 0);
    await runCaptured(['logout'], { env: { SPRUE_HOME } });
    const after = await runCaptured(['apps'], { env: { SPRUE_HOME } });
    assert.equal(after.exitCode, 4);
    assert.match(after.stderr, /You are not logged in/);
  });

  test('login without a terminal and without SPRUE_PASSWORD is a usage error', async () => {
    await using b = await bench();
    const argv = ['login', '-a', b.platform.server.url, '-u', 'admin'];
    const { exitCode, stderr } = await runCaptured(argv, { env: { SPRUE_HOME: b.home } });
    assert.equal(exitCode, 2);
    assert.match(stderr, /SPRUE_PASSWORD/);
  });
});
