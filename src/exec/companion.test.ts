import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../core/errors.ts';
import { Companion } from './companion.ts';

const env = { PATH: process.env['PATH'] };

test('a companion answers line by line', async () => {
  await using echo = new Companion(['sed', '-u', 's/^/you said /'], { env });
  assert.equal(await echo.ask('one'), 'you said one');
  assert.equal(await echo.ask('two'), 'you said two');
});

test('a companion that ends, is missing or is too slow is told as an error', async () => {
  await using ended = new Companion(['sh', '-c', 'echo no such thing >&2; exit 3'], { env });
  await assert.rejects(
    ended.ask('hello'),
    thrown => hasCode(thrown, 'COMMAND_FAILED') && /no such thing/.test(thrown.message),
  );
  await using missing = new Companion(['/no/such/program'], { env });
  await assert.rejects(missing.ask('hello'), thrown => hasCode(thrown, 'COMMAND_FAILED'));
  await using slow = new Companion(['sleep', '60'], { env });
  await assert.rejects(slow.ask('hello', AbortSignal.timeout(50)), /timeout/i);
});
