import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../core/errors.ts';
import type { InstanceId } from '../../core/ids.ts';
import { INSTANCE_STATES, type InstanceState } from '../../proto/actual-instance.ts';
import { born, type InstanceEvent, type InstanceStatus, next } from './transition.ts';

const FIRST = '11111111-1111-4111-8111-111111111111' as InstanceId;
const SECOND = '22222222-2222-4222-8222-222222222222' as InstanceId;
const PROBLEM = { code: 'APP_LOOPBACK_BIND', text: 'text', fix: 'fix' } as const;

const crash = (atMs: number): InstanceEvent => ({
  type: 'crashed',
  atMs,
  reason: 'Exited with status 1',
  exitStatus: 1,
  lastLines: ['boom'],
});

const starting = born(FIRST, 1_000);
const running = next(starting, { type: 'healthy', atMs: 2_000, routable: false });
const stopping = next(running, { type: 'stop', atMs: 3_000 });
const stopped = next(stopping, { type: 'gone', atMs: 4_000 });
const crashed = next(running, crash(3_000));

const STATUS: Record<InstanceState, InstanceStatus> = {
  STARTING: starting,
  RUNNING: running,
  STOPPING: stopping,
  STOPPED: stopped,
  CRASHED: crashed,
};

const EVENT: Record<InstanceEvent['type'], InstanceEvent> = {
  listening: { type: 'listening', problem: PROBLEM },
  healthy: { type: 'healthy', atMs: 9_000, routable: true },
  routable: { type: 'routable', routable: true },
  crashed: crash(9_000),
  start: { type: 'start', atMs: 9_000, instanceId: SECOND },
  stop: { type: 'stop', atMs: 9_000 },
  gone: { type: 'gone', atMs: 9_000 },
};

/** Every legal move; what is absent must throw. */
const MOVES: Record<InstanceState, Partial<Record<InstanceEvent['type'], InstanceState>>> = {
  STARTING: { listening: 'STARTING', healthy: 'RUNNING', crashed: 'CRASHED', stop: 'STOPPING' },
  RUNNING: { routable: 'RUNNING', crashed: 'CRASHED', stop: 'STOPPING' },
  STOPPING: { gone: 'STOPPED' },
  STOPPED: { start: 'STARTING' },
  CRASHED: { start: 'STARTING', stop: 'STOPPING' },
};

for (const state of INSTANCE_STATES) {
  for (const type of Object.keys(EVENT) as InstanceEvent['type'][]) {
    const target = MOVES[state][type];
    test(`next: ${state} + ${type} → ${target ?? 'ILLEGAL_TRANSITION'}`, () => {
      if (target === undefined) {
        assert.throws(
          () => next(STATUS[state], EVENT[type]),
          thrown => hasCode(thrown, 'ILLEGAL_TRANSITION'),
        );
      } else {
        assert.equal(next(STATUS[state], EVENT[type]).state, target);
      }
    });
  }
}

test('next: a crash says when the next start is due', () => {
  assert.deepEqual(crashed, {
    state: 'CRASHED',
    instanceId: FIRST,
    sinceMs: 3_000,
    crash: {
      count: 1,
      atMs: 3_000,
      reason: 'Exited with status 1',
      exitStatus: 1,
      lastLines: ['boom'],
    },
    nextStartMs: 3_000,
    listenProblem: undefined,
  });
});

test('next: crashes add up over restarts, and the fourth waits 30 s', () => {
  let status: InstanceStatus = starting;
  for (let count = 1; count < 4; count++) {
    status = next(status, crash(10_000 * count));
    status = next(status, { type: 'start', atMs: 10_000 * count, instanceId: SECOND });
  }
  const fourth = next(status, crash(50_000));
  assert.ok(fourth.state === 'CRASHED');
  assert.equal(fourth.crash.count, 4);
  assert.equal(fourth.nextStartMs, 80_000);
});

test('next: five minutes of RUNNING wipe the slate, five minutes of STARTING do not', () => {
  const again = next(crashed, { type: 'start', atMs: 3_000, instanceId: SECOND });
  const slow = next(again, crash(400_000));
  assert.ok(slow.state === 'CRASHED');
  assert.equal(slow.crash.count, 2);
  const well = next(next(again, { type: 'healthy', atMs: 4_000, routable: true }), crash(304_000));
  assert.ok(well.state === 'CRASHED');
  assert.equal(well.crash.count, 1);
});

test('next: a start after a stop on purpose forgets earlier crashes', () => {
  const stoppedAfterCrash = next(next(crashed, { type: 'stop', atMs: 1 }), {
    type: 'gone',
    atMs: 2,
  });
  const status = next(stoppedAfterCrash, { type: 'start', atMs: 3, instanceId: SECOND });
  assert.equal(status.crash, undefined);
  assert.equal(status.instanceId, SECOND);
});
