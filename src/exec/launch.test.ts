import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../core/errors.ts';
import { launch } from './launch.ts';

const env = { PATH: '/usr/bin:/bin' };

test('launch answers the first line of the report while the program goes on, where it should', async () => {
  const script = '(echo $$ $PWD >&3; exec sleep 2) >/dev/null 2>&1 &';
  const options = { env, cwd: '/usr', timeoutMs: 5_000 };
  const [pid, cwd] = (await launch(['/bin/sh', '-c', script], options)).split(' ');
  assert.ok(Number(pid) > 1);
  assert.equal(cwd, '/usr');
});

test('launch names a program that ends without a report, with what it said', async () => {
  await assert.rejects(
    launch(['/bin/sh', '-c', 'echo broken >&2; exit 3'], { env, cwd: '/', timeoutMs: 5_000 }),
    (error: Error) => hasCode(error, 'COMMAND_FAILED') && /broken/.test(error.message),
  );
});

test('launch gives up when no report comes in time', async () => {
  await assert.rejects(
    launch(['/bin/sleep', '1'], { env, cwd: '/', timeoutMs: 50 }),
    (error: Error) => hasCode(error, 'COMMAND_FAILED') && /in time/.test(error.message),
  );
});

test('launch names a program that is not installed', async () => {
  await assert.rejects(
    launch(['/nonexistent/program'], { env, cwd: '/', timeoutMs: 50 }),
    (error: Error) => hasCode(error, 'COMMAND_MISSING'),
  );
});
