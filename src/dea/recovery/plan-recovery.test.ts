import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type InstanceId, newInstanceId } from '../../core/ids.ts';
import type { DesiredInstance } from '../../proto/desired-instance.ts';
import type { ContainerState } from '../../warden/warden.ts';
import { desiredInstance } from '../fakes/desired.ts';
import { attachmentOf } from '../fakes/fake-host.ts';
import { actualReport } from '../instance/actual-report.ts';
import { born, type InstanceStatus, next } from '../instance/transition.ts';
import { type Findings, planRecovery } from './plan-recovery.ts';

const FRESH = '00000000-0000-4000-8000-000000000000' as InstanceId;
const OPTIONS = { nowMs: 50_000, newInstanceId: () => FRESH };
const RAN = newInstanceId();

const desired = desiredInstance();
const starting = born(RAN, 1_000);
const running = next(starting, { type: 'healthy', atMs: 2_000, routable: true });
const stopping = next(running, { type: 'stop', atMs: 3_000 });
const crashed = next(running, { type: 'crashed', atMs: 3_000, reason: 'x', lastLines: [] });

/** One instance in some state, and what the kernel has of it. */
function found(
  status: InstanceStatus | undefined,
  kernel: { container?: ContainerState; attached?: boolean },
  rest: Partial<Findings> = {},
): Findings {
  const { container, attached = false } = kernel;
  const request = { instanceId: RAN, appGuid: desired.appGuid, index: 0 };
  return {
    records: status === undefined ? [] : [{ desired, status }],
    containers: container === undefined ? [] : [{ instanceId: RAN, state: container, pid: 7 }],
    attachments: attached ? [attachmentOf(request, 61_001)] : [],
    desired: new Map([[desired.guid, desired]]),
    unreadable: new Set(),
    actual: [],
    ...rest,
  };
}

/** The plan for the one instance that there is. */
function only(findings: Findings) {
  const { resumptions, keep } = planRecovery(findings, OPTIONS);
  const [one, ...others] = resumptions;
  assert.ok(one !== undefined && others.length === 0);
  return { ...one, keep: [...keep] };
}

for (const status of [starting, running]) {
  test(`planRecovery: ${status.state}, runs: adopted as it is`, () => {
    const plan = only(found(status, { container: 'running', attached: true }));
    assert.equal(plan.wish, desired);
    assert.equal(plan.status, status);
    assert.equal(plan.run?.pid, 7);
    assert.deepEqual(plan.keep, [RAN]);
  });

  test(`planRecovery: ${status.state}, ended meanwhile: keeps the run, whose exit is the crash`, () => {
    const plan = only(found(status, { container: 'exited', attached: true }));
    assert.equal(plan.status.state, status.state);
    assert.equal(plan.run?.instanceId, RAN);
    assert.deepEqual(plan.keep, [RAN]);
  });
}

for (const kernel of [{}, { attached: true }, { container: 'created', attached: true }] as const) {
  test(`planRecovery: cut short in a start (${JSON.stringify(kernel)}): starts anew`, () => {
    const plan = only(found(starting, kernel));
    assert.deepEqual(plan.status, born(FRESH, OPTIONS.nowMs));
    assert.equal(plan.run, undefined);
    assert.deepEqual(plan.keep, []);
  });
}

test('planRecovery: a start that was cut short still remembers earlier crashes', () => {
  const again = next(crashed, { type: 'start', atMs: 4_000, instanceId: RAN });
  assert.equal(only(found(again, {})).status.crash?.count, 1);
});

test('planRecovery: RUNNING, but vanished (reboot): no run, so that it counts as crashed', () => {
  for (const kernel of [{}, { attached: true }, { container: 'running' }] as const) {
    const plan = only(found(running, kernel));
    assert.equal(plan.status, running);
    assert.equal(plan.run, undefined);
    assert.deepEqual(plan.keep, []);
  }
});

test('planRecovery: a stop goes on', () => {
  const whole = only(found(stopping, { container: 'running', attached: true }));
  assert.equal(whole.status, stopping);
  assert.equal(whole.run?.instanceId, RAN);
  const half = only(found(stopping, { attached: true }));
  assert.equal(half.run, undefined);
  assert.deepEqual(half.keep, [RAN]);
});

test('planRecovery: a back-off goes on, what is left of the crashed run goes', () => {
  const plan = only(found(crashed, { container: 'exited', attached: true }));
  assert.equal(plan.status, crashed);
  assert.deepEqual(plan.keep, []);
});

test('planRecovery: not wanted any more: no wish, so that it is stopped', () => {
  const findings = found(running, { container: 'running', attached: true }, { desired: new Map() });
  const plan = only(findings);
  assert.equal(plan.wish, undefined);
  assert.equal(plan.run?.instanceId, RAN);
  assert.deepEqual(plan.keep, [RAN]);
});

test('planRecovery: wanted in words that cannot be read: left as it is', () => {
  const plan = only(
    found(
      running,
      { container: 'running', attached: true },
      { desired: new Map(), unreadable: new Set([desired.guid]) },
    ),
  );
  assert.equal(plan.wish, desired);
});

test('planRecovery: wanted in another version: the run goes on until it is replaced', () => {
  const wish: DesiredInstance = { ...desired, version: desiredInstance().version };
  const plan = only(
    found(
      running,
      { container: 'running', attached: true },
      { desired: new Map([[wish.guid, wish]]) },
    ),
  );
  assert.equal(plan.wish, wish);
  assert.equal(plan.desired, desired);
});

test('planRecovery: wanted and unknown: starts', () => {
  const plan = only(found(undefined, {}));
  assert.deepEqual(plan.status, born(FRESH, OPTIONS.nowMs));
  assert.equal(plan.wish, desired);
});

test('planRecovery: a damaged record is made up for by the last report', () => {
  const report = actualReport(desired, running, undefined);
  const kernel = { container: 'running', attached: true } as const;
  const plan = only(found(undefined, kernel, { actual: [report] }));
  assert.equal(plan.status.state, 'RUNNING');
  assert.equal(plan.run?.instanceId, RAN);
  const replaced = { ...report, version: desiredInstance().version };
  assert.equal(only(found(undefined, kernel, { actual: [replaced] })).run, undefined);
});
