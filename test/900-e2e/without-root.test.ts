import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type RunResult, run } from '../../src/exec/run.ts';
import { root } from '../kit/platform.ts';

/** Debian's `nobody`. */
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'] as const;

describe('without root', () => {
  for (const script of ['scripts/start', 'scripts/test', 'scripts/bootstrap'] as const) {
    test(`${script} says one clear sentence and exits 2`, async () => {
      const { exitCode, stdout, stderr } = await asNobody([join(root, script)]);
      assert.equal(exitCode, 2);
      assert.equal(stdout, '');
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
      assert.match(stderr, /root/);
    });
  }
});

function asNobody(argv: readonly string[]): Promise<RunResult> {
  return run([...NOBODY, ...argv] as [string, ...string[]], {
    okExitCodes: [0, 1, 2, 126, 127],
    cwd: '/',
  });
}
