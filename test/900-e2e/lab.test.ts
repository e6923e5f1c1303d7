import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { poll } from '../../src/core/wait.ts';
import { floatingIpOf, TestLab } from '../kit/lab.ts';
import { LabLoad } from '../kit/lab-load.ts';
import { root } from '../kit/platform.ts';

const app = join(root, 'test/fixtures/probe-app');

describe('a lab of two routers and three DEAs', () => {
  let lab: TestLab;
  before(async () => {
    lab = await TestLab.start();
    await lab.client('push', 'shop', '-p', app, '-m', '64M', '-i', '3');
  });
  after(() => lab[Symbol.asyncDispose]());

  /** Waits until all instances run on live hosts. @returns how long that took */
  async function untilRunning(count: number, without: string, timeoutMs: number): Promise<number> {
    const startedMs = performance.now();
    const running = await poll(
      async () => {
        const instances = await lab.instances('shop');
        const well = instances.filter(
          ({ state, network }) => state === 'RUNNING' && network?.host !== without,
        );
        return well.length === count ? true : undefined;
      },
      { intervalMs: 250, timeoutMs },
    );
    assert.ok(running, `${count} instances without ${without} within ${timeoutMs} ms`);
    return performance.now() - startedMs;
  }

  test('is up within 20 s, every host with its own address, name and processes', async () => {
    assert.ok(lab.upMs < 20_000, `${lab.upMs} ms`);
    const { hosts, resident_bytes } = await lab.status();
    assert.ok(resident_bytes > 100e6);
    assert.deepEqual(
      hosts.map(({ name }) => name),
      ['client', 'edge', 'control', 'router-1', 'router-2', 'dea-1', 'dea-2', 'dea-3'],
    );
    for (const { name, state, addresses } of hosts) {
      assert.equal(state, 'up', name);
      assert.equal((await lab.exec(name, 'hostname')).trim(), name);
      assert.match(await lab.exec(name, 'ip', '-4', 'address'), new RegExp(`${addresses[0]}/24`));
    }
  });

  test('instances are spread over the hosts, both routers lead to each, and it is explained', async () => {
    const hosts = (await lab.instances('shop')).map(({ network }) => network?.host);
    assert.equal(new Set(hosts).size, 3, hosts.join());
    for (const router of ['router-1', 'router-2'])
      assert.equal((await lab.get('shop', router)).status, 200);
    assert.match(await lab.client('app', 'shop', '--placement'), /on 3 hosts/);
    const { processes } = JSON.parse(await lab.client('app', 'shop', '--placement', '--json')) as {
      processes: { instances: { dea: string; because: string; hosts: { dea: string }[] }[] }[];
    };
    for (const { dea, because, hosts: known } of processes[0]?.instances ?? []) {
      assert.notEqual(because, '');
      assert.equal(known[0]?.dea, dea, 'the chosen one first');
    }
  });

  test('only routers may dial an instance', async () => {
    const [first] = await lab.instances('shop');
    const url = `http://${first?.network?.host}:${first?.network?.host_port}/`;
    const curl = ['curl', '-sS', '--max-time', '3', '-o', '/dev/null', '-w', '%{http_code}', url];
    assert.equal(await lab.exec('router-1', ...curl), '200');
    await assert.rejects(lab.exec('client', ...curl), /exited 7/);
    await assert.rejects(lab.exec('control', ...curl), /exited 7/);
  });

  test('kill of a DEA: requests are answered, its instance runs elsewhere within 30 s, and after its return nothing is twice', async () => {
    const lost = (await lab.host('dea-2')).addresses[0] ?? '';
    await using load = await LabLoad.start(lab, 'shop', 'router-1');
    await delay(500);
    await lab.ok(['lab', 'kill', 'dea-2']);
    assert.equal((await lab.host('dea-2')).state, 'off');
    const { exitCode, stderr } = await lab.sprue(['lab', 'exec', 'dea-2', '--', 'true']);
    assert.equal(exitCode, 1);
    assert.match(stderr, /dea-2 is switched off/);
    const tookMs = await untilRunning(3, lost, 30_000);
    assert.ok(tookMs < 30_000, `${tookMs} ms`);
    const result = await load.stop();
    assert.ok(result.ok > 50, JSON.stringify(result));
    assert.equal(result.failed, 0, JSON.stringify(result));

    await lab.ok(['lab', 'start', 'dea-2']);
    assert.equal((await lab.host('dea-2')).state, 'up');
    const empty = await poll(
      async () => (/w-[0-9a-f]{8}/.test(await lab.exec('dea-2', 'ip', 'link')) ? undefined : true),
      { intervalMs: 250, timeoutMs: 15_000 },
    );
    assert.ok(empty, 'what runs elsewhere now is not started here again');
    assert.equal((await lab.instances('shop')).length, 3);
  });

  test('a DEA that was cut off and is heard again gives up what was replaced', async () => {
    const lost = (await lab.host('dea-3')).addresses[0] ?? '';
    await lab.ok(['lab', 'cut', 'dea-3']);
    assert.equal((await lab.host('dea-3')).state, 'cut');
    await untilRunning(3, lost, 30_000);
    assert.match(await lab.exec('dea-3', 'ip', 'link'), /w-[0-9a-f]{8}/, 'it runs on, unheard');
    await lab.ok(['lab', 'heal', 'dea-3']);
    assert.equal((await lab.host('dea-3')).state, 'up');
    const gone = await poll(
      async () => (/w-[0-9a-f]{8}/.test(await lab.exec('dea-3', 'ip', 'link')) ? undefined : true),
      { intervalMs: 500, timeoutMs: 45_000 },
    );
    assert.ok(gone, 'its surplus instance is removed');
    assert.equal((await lab.get('shop', 'router-1')).status, 200);
  });

  test('a cut of control alone moves nothing', async () => {
    const before = await lab.instances('shop');
    await lab.ok(['lab', 'cut', 'control']);
    await delay(14_000); // longer than a lease
    assert.equal((await lab.get('shop', 'router-2')).status, 200, 'routers go on');
    await lab.ok(['lab', 'heal', 'control']);
    const after = await poll(() => lab.instances('shop').catch(() => undefined), {
      intervalMs: 500,
      timeoutMs: 60_000,
    });
    await delay(3_000);
    const veths = (instances: typeof before) => instances.map(({ network }) => network?.veth);
    assert.deepEqual(veths(await lab.instances('shop')), veths(before), String(after));
  });

  test('names lead to floating IPs of healthy routers, from outside, from a host and from a container', async () => {
    const names = ['dig', '+short', 'shop.example.com'];
    const both = ['203.0.113.11', '203.0.113.12'];
    for (const host of ['client', 'dea-1'])
      assert.deepEqual((await lab.exec(host, ...names)).trim().split('\n').toSorted(), both, host);
    for (const host of ['client', 'dea-1'])
      assert.equal(await lab.exec(host, ...statusOf('http://shop.example.com/')), '200', host);
  });

  test('death of the router behind a floating IP: at most 3 s to the next good answer; it learns its routes anew', async () => {
    await lab.ok(['lab', 'kill', 'router-1']);
    const startedMs = performance.now();
    const moved = await poll(
      async () =>
        (await lab
          .exec('client', ...statusOf(`http://${floatingIpOf('router-1')}/`))
          .catch(() => undefined)) === '200' || undefined,
      { intervalMs: 50, timeoutMs: 10_000 },
    );
    const tookMs = performance.now() - startedMs;
    assert.ok(moved && tookMs < 3_000, `${tookMs} ms`);
    await lab.ok(['lab', 'heal', 'router-1']);
    const served = await poll(
      async () =>
        (await lab.exec('control', ...statusOf('http://10.20.0.11/')).catch(() => undefined)) ===
          '200' || undefined,
      { intervalMs: 200, timeoutMs: 10_000 },
    );
    assert.ok(served);
  });

  test('loss is there until it is healed', async () => {
    await lab.ok(['lab', 'loss', 'router-2', '100%']);
    assert.equal((await lab.host('router-2')).loss_percent, 100);
    const ping = ['curl', '-sS', '-o', '/dev/null', '-m', '1', 'http://10.20.0.12/'];
    await assert.rejects(lab.exec('control', ...ping));
    await lab.ok(['lab', 'loss', 'router-2', '2.5%']);
    assert.equal((await lab.host('router-2')).loss_percent, 2.5);
    await lab.ok(['lab', 'heal', 'router-2']);
    assert.equal((await lab.host('router-2')).loss_percent, 0);
    await lab.exec('control', ...ping);
  });

  test('delay works, or is refused naming what the kernel lacks', async () => {
    const { exitCode, stderr } = await lab.sprue(['lab', 'delay', 'router-2', '20ms']);
    if (exitCode === 0) await lab.ok(['lab', 'heal', 'router-2']);
    else assert.match(stderr, /no netem/);
  });

  test('mistakes are named, with the right exit code', async () => {
    for (const [args, code, expected] of [
      [['lab', 'exec', 'router-9', '--', 'true'], 3, /no host “router-9”.*router-1/s],
      [['lab', 'kill', 'dae-1'], 3, /Did you mean “dea-1”/],
      [['lab', 'loss', 'dea-1', '5'], 2, /such as 5%/],
      [['lab', 'delay', 'dea-1', 'slow'], 2, /such as 20ms/],
      [['lab', 'up'], 1, /is up already/],
    ] as const) {
      const { exitCode, stderr } = await lab.sprue(args);
      assert.match(stderr, expected, args.join(' '));
      assert.equal(exitCode, code, args.join(' '));
    }
    const { exitCode } = await lab.sprue(['lab', 'exec', 'dea-1', '--', 'sh', '-c', 'exit 42']);
    assert.equal(exitCode, 42, 'the command’s own');
  });
});

/** curl that prints the status that the app answers with. */
function statusOf(url: string): string[] {
  const host = 'Host: shop.example.com';
  return ['curl', '-s', '-m', '1', '-o', '/dev/null', '-w', '%{http_code}', '-H', host, url];
}

describe('the end of a lab', () => {
  test('a start that is killed half-way is refused to go on and taken down, whenever it was', async () => {
    for (const afterMs of [150, 600, 1_500]) {
      await using lab = await TestLab.reserve({ deas: 1 });
      const argv = ['lab', 'up', '--routers', '1', '--deas', '1', '--name', lab.name];
      const child = spawn(join(root, 'bin/sprue'), argv, { stdio: 'ignore' });
      const exited = once(child, 'exit');
      await poll(() => existsSync(lab.dir) || undefined, { intervalMs: 5, timeoutMs: 5_000 });
      await delay(afterMs);
      child.kill('SIGKILL');
      await exited;
      const second = await lab.sprue(['lab', 'up']);
      assert.equal(second.exitCode, 1);
      assert.match(second.stderr, /there already, but only in part|up already/);
      assert.match(second.stderr, /sprue lab down/);
    }
  });

  test('Ctrl-C at a start leaves nothing', async () => {
    await using lab = await TestLab.reserve({ deas: 1 });
    const argv = ['lab', 'up', '--routers', '1', '--deas', '1', '--name', lab.name];
    const child = spawn(join(root, 'bin/sprue'), argv, { stdio: 'ignore' });
    const exited = once(child, 'exit');
    await poll(() => existsSync(lab.dir) || undefined, { intervalMs: 5, timeoutMs: 5_000 });
    await delay(200);
    child.kill('SIGINT');
    const [code] = await exited;
    assert.equal(code, 130);
    assert.equal(existsSync(lab.dir), false);
  });

  test('down takes at most 5 s with apps in it, may be repeated, and finds what somebody half removed', async () => {
    await using lab = await TestLab.start({ routers: 1, deas: 2 });
    await lab.client('push', 'shop', '-p', app, '-m', '64M', '-i', '4');
    const { netns } = await lab.host('router-1');
    const startedMs = performance.now();
    await lab.ok(['lab', 'down']);
    assert.ok(performance.now() - startedMs < 5_000, `${performance.now() - startedMs} ms`);
    assert.equal((await lab.sprue(['lab', 'down'])).exitCode, 0);
    assert.equal((await lab.sprue(['lab', 'status'])).exitCode, 3);
    assert.equal(existsSync(`/run/netns/${netns}`), false);
  });
});
