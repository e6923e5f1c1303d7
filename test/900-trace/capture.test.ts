import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { poll } from '../../src/core/wait.ts';
import { type Hop, type HopTable, hopTableSchema } from '../../src/proto/hop-table.ts';
import { formatFlow } from '../../src/trace/correlate/flow.ts';
import { Capture } from '../kit/capture.ts';
import { root, TestPlatform } from '../kit/platform.ts';

const probeApp = join(root, 'test/fixtures/probe-app');

describe('sprue trace on one machine', () => {
  let platform: TestPlatform;
  before(async () => {
    platform = await TestPlatform.start();
    await platform.ok(['push', 'shop', '-p', probeApp, '-i', '2']);
  });
  after(() => platform[Symbol.asyncDispose]());

  async function trace(
    ...args: readonly string[]
  ): Promise<{ readonly exitCode: number; readonly table: HopTable }> {
    const { exitCode, stdout, stderr } = await platform.sprue(['trace', '--json', ...args]);
    assert.notEqual(stdout, '', stderr);
    return { exitCode, table: hopTableSchema.parse(JSON.parse(stdout)) };
  }

  test('its addresses are those that an independent capture sees, on the host and inside', async () => {
    const names = await readdir('/run/netns');
    const inside = (veth: string) => names.find(name => name.endsWith(veth.slice(1))) ?? '';
    const instances = await platform.instances('shop');
    const veths = instances.flatMap(({ network }) => network?.veth ?? []);
    assert.equal(veths.length, 2);
    await using host = await Capture.start(platform.lab.host.netns);
    await using first = await Capture.start(inside(veths[0] ?? ''));
    await using second = await Capture.start(inside(veths[1] ?? ''));
    const captures = new Map([
      [veths[0], first],
      [veths[1], second],
    ]);
    for (let round = 0; round < 10; round++) {
      const { exitCode, table } = await trace(platform.host('shop'));
      assert.equal(exitCode, 0, table.verdict.text);
      assert.deepEqual(
        table.hops.map(({ kind, direction }) => `${direction === 'return' ? '←' : ''}${kind}`),
        [
          'client',
          'router',
          'connection',
          'host-nat',
          'veth',
          'app',
          '←host-nat',
          '←router',
          '←client',
        ],
      );
      const veth = textOf(hop(table, 'veth').after).split(' ')[0] ?? '';
      const arriving = flowOf(hop(table, 'host-nat').after);
      assert.ok(await host.saw(flowOf(hop(table, 'client').after), 'lo'), 'client → router');
      assert.ok(await host.saw(arriving, veth), `${arriving} on ${veth}`);
      assert.ok(await captures.get(veth)?.saw(arriving, 'eth0'), `${arriving} inside`);
      const [answer] = table.hops.filter(({ direction }) => direction === 'return');
      assert.ok(await host.saw(flowOf(answer?.before ?? null), veth), 'the answer');
      assert.equal(hop(table, 'connection').after?.type, 'flow');
      assert.equal(flowOf(hop(table, 'connection').after), flowOf(hop(table, 'host-nat').before));
    }
  });

  test('where to look is where it was seen: every command of --explain works', async () => {
    const { table } = await trace(platform.host('shop'));
    const commands = table.hops.flatMap(({ explain }) => explain.map(({ command }) => command));
    assert.ok(commands.length >= 8, commands.join('\n'));
    for (const command of commands) {
      const { stdout } = await platform.lab.host.exec(
        ['sh', '-c', command.replaceAll('"', '\\"')],
        {
          okExitCodes: [0],
        },
      );
      assert.notEqual(stdout.trim(), '', command);
    }
  });

  test('an app that listens on loopback only is refused at the app, with what it does', async () => {
    const loopback = join(root, 'test/fixtures/loopback-app');
    await platform.ok(['push', 'shy', '-p', loopback, '-u', 'process']);
    const { exitCode, table } = await trace(platform.host('shy'));
    assert.equal(exitCode, 6);
    assert.equal(table.request.status, 502);
    const app = table.hops.find(({ n }) => n === table.verdict.firstWrongHop);
    assert.deepEqual([app?.kind, app?.state], ['app', 'refused']);
    assert.match(app?.expected ?? '', /a listener on 0\.0\.0\.0:8080/);
    assert.match(app?.found ?? '', /listens on 127\.0\.0\.1:8080/);
    await platform.ok(['delete', 'shy', '-f', '-r']);
  });

  test('an unknown route ends at the router, a foreign host is refused', async () => {
    const { exitCode, table } = await trace(platform.host('nobody'));
    assert.equal(exitCode, 6);
    assert.equal(hop(table, 'router').expected, 'a route for this host and path');
    assert.equal(table.request.status, 404);
    const foreign = await platform.sprue(['trace', 'http://198.51.100.2/']);
    assert.equal(foreign.exitCode, 2);
    assert.match(foreign.stderr, /“198\.51\.100\.2” is not of this platform: its domains are/);
  });

  test('from inside a container, over the router of its host', async () => {
    const { exitCode, table } = await trace(
      ...[platform.host('shop'), '--from', 'shop/1', '--connect-to', platform.lab.host.address],
    );
    assert.equal(exitCode, 0, table.verdict.text);
    const client = hop(table, 'client');
    assert.equal(client.where, 'shop/1');
    assert.match(flowOf(client.after), /^10\.\d+\.\d+\.\d+:\d+ → 198\.51\.100\.2:80$/);
  });

  test('twenty at once do not mix', async () => {
    const traces = await Promise.all(
      Array.from({ length: 20 }, () => trace(platform.host('shop'))),
    );
    const tables = traces.map(({ table }) => table);
    assert.equal(new Set(tables.map(({ trace: id }) => id)).size, 20);
    assert.equal(new Set(tables.map(({ request }) => request.id)).size, 20);
    for (const table of tables) {
      assert.equal(table.verdict.ok, true, table.verdict.text);
      const arrived = flowOf(hop(table, 'router').before);
      assert.equal(arrived, flowOf(hop(table, 'client').after));
      assert.equal(flowOf(hop(table, 'connection').after), flowOf(hop(table, 'host-nat').before));
    }
  });

  test('afterwards nobody listens any more', async () => {
    const tables = async () => {
      const { stdout } = await platform.lab.host.exec(['nft', 'list', 'tables']);
      return stdout.trim() === 'table inet sprue' ? true : undefined;
    };
    assert.ok(await poll(tables, { intervalMs: 100, timeoutMs: 5_000 }), 'no table but ours');
  });
});

function hop(table: HopTable, kind: Hop['kind']): Hop {
  const found = table.hops.find(one => one.kind === kind);
  assert.ok(found, `no hop ${kind}: ${table.verdict.text}`);
  return found;
}

function flowOf(side: Hop['before']): string {
  assert.equal(side?.type, 'flow');
  return side?.type === 'flow' ? formatFlow(side) : '';
}

function textOf(side: Hop['before']): string {
  return side?.type === 'text' ? side.text : '';
}
