import assert from 'node:assert/strict';
import { test } from 'node:test';
import { desiredInstance } from '../fakes/desired.ts';
import { crashCause, endLine, type RunEnd } from './run-end.ts';

const desired = desiredInstance({ memoryMib: 256 });

test('crashCause: exit status', () => {
  const end: RunEnd = { type: 'exited', exit: { code: 1, outOfMemory: false } };
  assert.deepEqual(crashCause(end, desired), { exitStatus: 1, reason: 'Exited with status 1' });
  assert.equal(endLine(end, desired), 'Exit status 1');
});

test('crashCause: out of memory names the limit', () => {
  const end: RunEnd = { type: 'exited', exit: { code: 137, outOfMemory: true } };
  assert.deepEqual(crashCause(end, desired), { exitStatus: 137, reason: 'out of memory (256M)' });
  assert.equal(endLine(end, desired), 'Exit status 137 (out of memory)');
});

test('crashCause: out of disk names the limit', () => {
  const full = desiredInstance({ diskMib: 512 });
  assert.deepEqual(crashCause({ type: 'disk-full' }, full), { reason: 'out of disk (512M)' });
});

test('crashCause: how the app listens comes before what the probes said', () => {
  const listenProblem = { code: 'APP_LOOPBACK_BIND', text: 'It listens badly.', fix: 'f' } as const;
  const end: RunEnd = { type: 'unhealthy', reason: 'not healthy within 60 s', listenProblem };
  assert.deepEqual(crashCause(end, desired), {
    listenProblem,
    reason: 'It listens badly. Instance not healthy within 60 s',
  });
  const plain = crashCause({ ...end, listenProblem: undefined }, desired);
  assert.deepEqual(plain, { reason: 'Instance not healthy within 60 s' });
});
