import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { LAB } from '../kit/net-lab.ts';
import { root, TestPlatform } from '../kit/platform.ts';

const app = join(root, 'test/fixtures/probe-app');

describe('what an app can reach and see', () => {
  let platform: TestPlatform;
  before(async () => {
    platform = await TestPlatform.start();
    await platform.ok(['push', 'one', '-p', app, '-m', '128M']);
    await platform.ok(['push', 'two', '-p', app, '-m', '128M']);
  });
  after(() => platform[Symbol.asyncDispose]());

  async function connect(host: string, port: number): Promise<{ outcome: string; ms: number }> {
    return JSON.parse((await platform.get('one', `/connect?host=${host}&port=${port}`)).body);
  }

  test('another container is refused, by its address and by its host port', async () => {
    const [two] = await platform.instances('two');
    for (const [host, port] of [
      [two?.network?.container_ip ?? '', 8080],
      [LAB.hostAddress, two?.network?.host_port ?? 0],
      ['169.254.0.1', two?.network?.host_port ?? 0],
    ] as const) {
      const { outcome, ms } = await connect(host, port);
      assert.notEqual(outcome, 'connected', `${host}:${port}`);
      assert.ok(ms < 1_000, `refused at once, not after ${ms} ms`);
    }
  });

  test('services of the host are refused on every address, but the router is reached', async () => {
    await using worker = await platform.lab.host.worker();
    const { port } = await worker.listenTcp({ host: '0.0.0.0', port: 0 });
    for (const host of [LAB.hostAddress, '169.254.0.1']) {
      assert.notEqual((await connect(host, port)).outcome, 'connected', `${host}:${port}`);
    }
    assert.equal((await connect(LAB.hostAddress, 80)).outcome, 'connected');
  });

  test('private networks and the metadata address are refused, public addresses are reached', async () => {
    await using worker = await platform.lab.outside.worker();
    const { port } = await worker.listenTcp({ host: '0.0.0.0', port: 0 });
    assert.notEqual((await connect(LAB.privateAddress, port)).outcome, 'connected');
    assert.notEqual((await connect(LAB.metadataAddress, port)).outcome, 'connected');
    assert.equal((await connect(LAB.publicAddress, port)).outcome, 'connected');
  });

  test('it runs as vcap, sees one interface, and none of the machine’s secrets', async () => {
    const { uid, interfaces } = JSON.parse((await platform.get('one', '/whoami')).body);
    assert.equal(uid, 2000);
    assert.deepEqual(Object.keys(interfaces).sort(), ['eth0', 'lo']);
    for (const path of [
      '/etc/shadow',
      '/root/.bashrc',
      '/var/lib/sprue/credentials.json',
      '/proc/1/environ/../../../etc/shadow',
    ]) {
      const { found } = JSON.parse((await platform.get('one', `/read?path=${path}`)).body);
      assert.equal(found, undefined, path);
    }
    const { found } = JSON.parse((await platform.get('one', '/read?path=/etc/passwd')).body);
    assert.match(found, /vcap/);
    assert.doesNotMatch(found, /backup|www-data/, 'it is a generated /etc/passwd');
  });

  test('its environment is Cloud Foundry’s', async () => {
    const env = JSON.parse((await platform.get('one', '/env')).body) as Record<string, string>;
    const [instance] = await platform.instances('one');
    assert.equal(env['PORT'], '8080');
    assert.equal(env['CF_INSTANCE_INDEX'], '0');
    assert.equal(env['CF_INSTANCE_IP'], LAB.hostAddress);
    assert.equal(env['CF_INSTANCE_PORT'], String(instance?.network?.host_port));
    assert.equal(env['CF_INSTANCE_ADDR'], `${LAB.hostAddress}:${instance?.network?.host_port}`);
    assert.deepEqual(JSON.parse(env['CF_INSTANCE_PORTS'] ?? ''), [
      { external: instance?.network?.host_port, internal: 8080 },
    ]);
    assert.equal(env['MEMORY_LIMIT'], '128m');
    assert.equal(env['USER'], 'vcap');
    assert.equal(JSON.parse(env['VCAP_APPLICATION'] ?? '').application_name, 'one');
    for (const name of ['HOME', 'TMPDIR', 'LANG', 'CF_INSTANCE_GUID']) assert.ok(env[name], name);
  });
});
