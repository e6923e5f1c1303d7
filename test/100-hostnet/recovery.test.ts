import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasCode } from '../../src/core/errors.ts';
import { newInstanceId } from '../../src/core/ids.ts';
import { run } from '../../src/exec/run.ts';
import { createHostNetwork } from '../../src/hostnet/kernel-host-network.ts';
import { enterLab } from '../kit/enter-lab.ts';
import { assertNoLeak, readMachine } from '../kit/leak-check.ts';
import {
  ATTACH_STEPS,
  DETACH_STEPS,
  describeStep,
  type Fault,
  type FaultyStep,
  faultyTool,
} from './faulty-tools.ts';
import { labOptions, openNetwork, request } from './open-network.ts';
import type { VictimTask } from './victim.ts';

const lab = await enterLab(import.meta.filename);

/** The elements of all maps and sets, so that a leaked one is seen. */
async function elements(): Promise<string> {
  return (await run(['nft', '-s', 'list', 'table', 'inet', 'sprue'])).stdout;
}

for (const step of ATTACH_STEPS) {
  for (const fault of ['fail-before', 'fail-after'] as const) {
    test(`attach leaves nothing when \`${describeStep(step)}\` does ${fault}`, async () => {
      await using net = await openNetwork(lab);
      const bystander = await net.container();
      const machine = await readMachine(net.scope);
      const table = await elements();
      {
        await using _ = await faultyTool(step, fault);
        await assert.rejects(net.network.attach(request()), /injected/);
      }
      assert.equal(await elements(), table);
      await assertNoLeak(machine, net.scope);
      await net.container();
      assert.equal((await net.network.list()).length, 2);
      assert.ok((await net.network.list()).some(a => a.instanceId === bystander.instanceId));
    });
  }
}

for (const step of DETACH_STEPS) {
  test(`detach goes on after \`${describeStep(step)}\` failed, and a retry finishes`, async () => {
    await using net = await openNetwork(lab);
    const machine = await readMachine(net.scope);
    const table = await elements();
    const { instanceId } = await net.container();
    {
      await using _ = await faultyTool(step, 'fail-before');
      await assert.rejects(net.network.detach(instanceId), error =>
        hasCode(error, 'NETWORK_CLEANUP_FAILED'),
      );
    }
    await net.network.detach(instanceId);
    assert.equal(await elements(), table);
    await assertNoLeak(machine, net.scope);
  });
}

async function sacrifice(task: VictimTask): Promise<void> {
  const victim = join(import.meta.dirname, 'victim.ts');
  const folder = await mkdtemp(join(tmpdir(), 'sprue-victim-')); // for what it cannot remove itself
  const env = { ...process.env, TMPDIR: folder } as Record<string, string>;
  const died = run([process.execPath, victim, JSON.stringify(task)], { env });
  await assert.rejects(died, /killed by SIGKILL/);
  await rm(folder, { recursive: true });
}

const deaths = [
  ...ATTACH_STEPS.map(step => ['attach', step] as const),
  ...DETACH_STEPS.map(step => ['detach', step] as const),
] satisfies readonly (readonly [VictimTask['during'], FaultyStep])[];

for (const [during, step] of deaths) {
  for (const fault of ['kill-before', 'kill-after'] as const satisfies readonly Fault[]) {
    test(`sweep cleans up after ${fault} at \`${describeStep(step)}\` of ${during}`, async () => {
      await using net = await openNetwork(lab);
      const survivor = await net.container();
      const machine = await readMachine(net.scope);
      const table = await elements();
      await sacrifice({ stateDir: net.stateDir, during, step, fault });

      const next = createHostNetwork(net.options);
      await next.setUp();
      await next.sweep(new Set([survivor.instanceId]));
      assert.equal(await elements(), table);
      await assertNoLeak(machine, net.scope);
      assert.deepEqual(await next.list(), [survivor]);
    });
  }
}

test('a new agent adopts what runs and changes no rule', async () => {
  await using net = await openNetwork(lab);
  const containers = await Promise.all([net.container(), net.container({ mapped: false })]);
  const listing = async () => (await run(['nft', '-a', 'list', 'table', 'inet', 'sprue'])).stdout;
  const before = await listing(); // with handles: a rule that is loaded anew gets another
  const next = createHostNetwork(net.options);
  await next.setUp();
  assert.equal(await listing(), before);
  assert.deepEqual(new Set(await next.list()), new Set(containers));
  const fresh = await next.attach(request());
  assert.ok(containers.every(({ containerIp }) => containerIp !== fresh.containerIp));
  for (const { instanceId } of await next.list()) await next.detach(instanceId);
  assert.deepEqual(await next.list(), []);
});

test('a damaged state file is replaced by what the kernel knows', async () => {
  await using net = await openNetwork(lab);
  const container = await net.container();
  await writeFile(join(net.stateDir, 'hostnet', 'state.json'), '{"range": "10.2');
  const next = createHostNetwork(net.options);
  await next.setUp();
  assert.deepEqual(await next.list(), [container]);
  assert.notEqual((await next.attach(request())).containerIp, container.containerIp);
});

test('setUp restores rules and elements after somebody flushed everything', async () => {
  await using net = await openNetwork(lab);
  const containers = await Promise.all([net.container(), net.container({ mapped: false })]);
  const table = await elements();
  await run(['nft', 'flush', 'ruleset']);
  await net.network.setUp();
  assert.deepEqual((await elements()).split('\n').toSorted(), table.split('\n').toSorted());
  assert.deepEqual(new Set(await net.network.list()), new Set(containers));
});

test('setUp restores a rule that somebody deleted and keeps the elements', async () => {
  await using net = await openNetwork(lab);
  const container = await net.container();
  await run(['nft', 'flush', 'chain', 'inet', 'sprue', 'refuse']);
  await net.network.setUp();
  assert.match(await elements(), /reject with tcp reset/);
  assert.deepEqual(await net.network.list(), [container]);
});

test('sweep keeps what is wanted and tells what it removed', async () => {
  await using net = await openNetwork(lab);
  const [kept, dropped] = await Promise.all([net.container(), net.container()]);
  assert.deepEqual(await net.network.sweep(new Set([kept.instanceId])), [dropped.instanceId]);
  assert.deepEqual(await net.network.list(), [kept]);
  assert.deepEqual(await net.network.sweep(new Set([kept.instanceId])), []);
});

test('detaching twice, at the same time, or an unknown id is success', async () => {
  await using net = await openNetwork(lab);
  const { instanceId } = await net.container();
  await Promise.all([net.network.detach(instanceId), net.network.detach(instanceId)]);
  await net.network.detach(instanceId);
  await net.network.detach(newInstanceId());
});

test('detach succeeds when namespace and elements are gone already', async () => {
  await using net = await openNetwork(lab);
  const { instanceId, netns } = await net.container();
  await run(['ip', 'netns', 'del', netns]);
  await run(['nft', 'flush', 'map', 'inet', 'sprue', 'ports']);
  await run(['nft', 'flush', 'map', 'inet', 'sprue', 'policies']);
  await net.network.detach(instanceId);
});

test('tearDown twice, and by a process that never set up, is success', async () => {
  const net = await openNetwork(lab);
  await net.container();
  const stranger = createHostNetwork(net.options);
  await stranger.tearDown();
  await stranger.tearDown();
  await net[Symbol.asyncDispose]();
});

test('tearDown gives back forwarding as it was', async () => {
  const read = async () => (await run(['sysctl', '-n', 'net.ipv4.ip_forward'])).stdout.trim();
  await run(['sysctl', '-qw', 'net.ipv4.ip_forward=0']);
  {
    await using net = await openNetwork(lab);
    assert.equal(await read(), '1');
    await createHostNetwork(net.options).setUp(); // a restart does not take 1 for the original
  }
  assert.equal(await read(), '0');
});

test('foreign tables, interfaces and namespaces stay as they are', async () => {
  const foreign = `table ip filter { chain FORWARD { type filter hook forward priority 0; policy accept; }; }
table inet other { map ports { type inet_service : ipv4_addr; elements = { 1 : 10.254.0.9 }; }; }
`;
  await run(['nft', '-f', '-'], { input: foreign });
  await run(['ip', 'link', 'add', 'w-cafecafe', 'type', 'veth', 'peer', 'name', 'w-other']);
  const others = async () =>
    (await run(['nft', 'list', 'table', 'ip', 'filter'])).stdout +
    (await run(['nft', 'list', 'table', 'inet', 'other'])).stdout +
    (await run(['ip', '-br', 'link', 'show', 'w-cafecafe'])).stdout;
  const before = await others();
  {
    await using net = await openNetwork(lab);
    await net.container();
    await net.network.sweep(new Set());
  }
  assert.equal(await others(), before);
  await run(['ip', 'link', 'del', 'w-cafecafe']);
  await run(['nft', 'flush', 'ruleset']);
});

test('a second platform in one network namespace is refused by the name of the first', async () => {
  await using net = await openNetwork(lab);
  const container = await net.container();
  const secondOptions = await labOptions();
  const second = createHostNetwork(secondOptions);
  for (const attempt of [() => second.setUp(), () => second.tearDown()]) {
    await assert.rejects(attempt, error => {
      assert.ok(hasCode(error, 'NETWORK_OWNED_BY_OTHER'));
      assert.ok(error.message.includes(net.stateDir));
      return true;
    });
  }
  assert.deepEqual(await net.network.list(), [container]);
  await rm(secondOptions.stateDir, { recursive: true });
});
