import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SprueError } from '../core/errors.ts';
import { pollPatiently } from './poll-patiently.ts';

const options = { intervalMs: 1, timeoutMs: 5_000 };
const away = new SprueError('API_UNREACHABLE', { api: 'x', reason: 'y' });

test('pollPatiently waits for a platform that comes back', async () => {
  const answers = [undefined, away, away, undefined, away, 'there'];
  const found = await pollPatiently(async () => {
    const next = answers.shift();
    if (next instanceof Error) throw next;
    return next;
  }, options);
  assert.equal(found, 'there');
});

test('pollPatiently gives up when it stays away', async () => {
  const asked = pollPatiently(() => Promise.reject(away), { ...options, patienceMs: 20 });
  await assert.rejects(asked, { code: 'API_UNREACHABLE' });
});

test('pollPatiently passes other errors on at once', async () => {
  let calls = 0;
  const asked = pollPatiently(() => {
    calls += 1;
    return Promise.reject(new SprueError('NOT_LOGGED_IN', { api: 'x' }));
  }, options);
  await assert.rejects(asked, { code: 'NOT_LOGGED_IN' });
  assert.equal(calls, 1);
});
