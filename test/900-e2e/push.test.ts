import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { poll } from '../../src/core/wait.ts';
import { root, TestPlatform } from '../kit/platform.ts';

const probeApp = join(root, 'test/fixtures/probe-app');

describe('push', () => {
  let platform: TestPlatform;
  before(async () => {
    platform = await TestPlatform.start();
  });
  after(() => platform[Symbol.asyncDispose]());

  for (const [example, expected] of [
    ['hello-node', /hello/i],
    ['hello-python', /hello/i],
    ['static-site', /<html/i],
    ['websocket-chat', /<html/i],
  ] as const) {
    test(`examples/${example} is reachable by its URL after one push`, async () => {
      const folder = join(root, 'examples', example);
      await platform.ok(['push'], { cwd: folder });
      const { status, body } = await platform.get(example);
      assert.equal(status, 200);
      assert.match(body, expected);
      await platform.ok(['delete', example, '-f', '-r']);
      const { status: gone } = await platform.get(example);
      assert.equal(gone, 404);
    });
  }

  test('apps, app, routes, env, events and domains are shown, also as JSON', async () => {
    await platform.ok(['push', 'shown', '-p', probeApp, '-m', '128M']);
    await platform.ok(['set-env', 'shown', 'COLOUR', 'blue "and" $(red)']);
    assert.match(await platform.ok(['apps']), /shown/);
    assert.match(await platform.ok(['app', 'shown']), /running/i);
    assert.match(await platform.ok(['routes']), /shown\.sprue\.localhost|shown/);
    assert.match(await platform.ok(['env', 'shown']), /COLOUR/);
    assert.match(await platform.ok(['events', 'shown']), /audit\.app/);
    assert.match(await platform.ok(['domains']), /sprue\.localhost/);
    for (const command of [
      ['apps'],
      ['app', 'shown'],
      ['routes'],
      ['env', 'shown'],
      ['events', 'shown'],
      ['domains'],
      ['status'],
      ['target'],
    ]) {
      await assert.doesNotReject(
        async () => JSON.parse(await platform.ok([...command, '--json'])),
        command.join(' '),
      );
    }
    await platform.ok(['restart', 'shown']);
    const env = JSON.parse((await platform.get('shown', '/env')).body) as Record<string, string>;
    assert.equal(env['COLOUR'], 'blue "and" $(red)', 'byte for byte');
  });

  test('a route change is effective at once, and an unmapped route is gone', async () => {
    await platform.ok(['map-route', 'shown', 'sprue.localhost', '--hostname', 'second']);
    assert.equal((await platform.get('second')).status, 200);
    await platform.ok(['unmap-route', 'shown', 'sprue.localhost', '--hostname', 'second']);
    assert.equal((await platform.get('second')).status, 404);
  });

  test('stop and start', async () => {
    await platform.ok(['stop', 'shown']);
    const stopped = await poll(
      async () => ((await platform.get('shown')).status === 200 ? undefined : true),
      { intervalMs: 50, timeoutMs: 5_000 },
    );
    assert.ok(stopped, 'it serves no more');
    await platform.ok(['start', 'shown']);
    assert.equal((await platform.get('shown')).status, 200);
  });

  test('logs are kept across a restart', async () => {
    const logs = await poll(
      async () => {
        const text = await platform.ok(['logs', 'shown', '--recent']);
        return (text.match(/listening on 8080/g)?.length ?? 0) >= 3 ? text : undefined;
      },
      { intervalMs: 300, timeoutMs: 6_000 },
    );
    assert.ok(logs, 'three starts, three lines');
    assert.match(logs, /\[APP\/PROC\/WEB\/0\]/);
  });

  test('restage makes a new droplet and keeps serving', async () => {
    await platform.ok(['restage', 'shown']);
    assert.equal((await platform.get('shown')).status, 200);
  });

  test('an app that listens on 127.0.0.1 is named as such, with the fix', async () => {
    const folder = join(root, 'test/fixtures/loopback-app');
    const { exitCode, stdout, stderr } = await platform.sprue([
      'push',
      'shy',
      '-p',
      folder,
      '-m',
      '128M',
      '-t',
      '8',
    ]);
    assert.equal(exitCode, 6, stdout + stderr);
    assert.match(stdout + stderr, /APP_LOOPBACK_BIND/);
    assert.match(stdout + stderr, /0\.0\.0\.0/);
    await platform.ok(['delete', 'shy', '-f', '-r']);
  });

  test('a start command that exits at once: last log lines and status are printed', async () => {
    const folder = join(root, 'test/fixtures/crashing-app');
    const { exitCode, stdout, stderr } = await platform.sprue([
      'push',
      'crasher',
      '-p',
      folder,
      '-m',
      '128M',
    ]);
    assert.equal(exitCode, 6, stdout + stderr);
    assert.match(stdout + stderr, /status 7/);
    assert.match(stdout + stderr, /the reason is printed here/);
    await platform.ok(['delete', 'crasher', '-f', '-r']);
  });

  test('bad manifests, names, sizes and routes are refused in one clear sentence, and nothing is made', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sprue-manifest-'));
    try {
      const manifest = join(folder, 'manifest.yml');
      for (const [text, expected] of [
        ['applications:\n- name: bad\n  memroy: 64M\n', /memory/],
        ['applications:\n- name: bad\n  memory: much\n', /much/],
        ['applications:\n- name: bad\n  memory: 9000G\n', /memory|G/i],
        ['applications:\n- name: bad\n  routes:\n  - route: bad.example.org\n', /example\.org/],
        [
          'applications:\n- name: bad\n  routes:\n  - route: api.sprue.localhost\n',
          /api\.sprue\.localhost|api/,
        ],
      ] as const) {
        await writeFile(manifest, text);
        const { exitCode, stdout, stderr } = await platform.sprue([
          'push',
          '-f',
          manifest,
          '-p',
          probeApp,
        ]);
        assert.notEqual(exitCode, 0, text);
        assert.match(stderr + stdout, expected, text);
        assert.doesNotMatch(stderr + stdout, /\n\s+at .*\.ts:\d+/, 'no stack trace');
      }
      assert.doesNotMatch(await platform.ok(['apps']), /\bbad\b/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
