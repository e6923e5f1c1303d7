import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hasCode } from '../core/errors.ts';
import { run } from './run.ts';

describe('run()', () => {
  test('passes arguments as they are: no shell looks at them', async () => {
    const { stdout } = await run(['printf', '%s', '$(id); `id` "x" \'y\'\n']);
    assert.equal(stdout, '$(id); `id` "x" \'y\'\n');
  });

  test('gives its input to the program', async () => {
    assert.equal((await run(['cat'], { input: 'äöü\n' })).stdout, 'äöü\n');
  });

  test('fails with what the program printed, unless the exit code is expected', async () => {
    const failing = ['sh', '-c', 'echo no >&2; exit 3'] as const;
    await assert.rejects(
      run(failing),
      thrown => hasCode(thrown, 'COMMAND_FAILED') && /exit status 3.*no/.test(thrown.message),
    );
    assert.equal((await run(failing, { okExitCodes: [3] })).exitCode, 3);
  });

  test('names a program that is not installed', async () => {
    await assert.rejects(run(['sprue-no-such-program']), thrown =>
      hasCode(thrown, 'COMMAND_MISSING'),
    );
  });

  test('kills a program that takes too long, and one whose caller gave up', async () => {
    await assert.rejects(run(['sleep', '60'], { timeoutMs: 50 }), thrown =>
      hasCode(thrown, 'COMMAND_FAILED'),
    );
    const signal = AbortSignal.timeout(50);
    await assert.rejects(run(['sleep', '60'], { signal }), thrown =>
      hasCode(thrown, 'COMMAND_FAILED'),
    );
  });
});
