import assert from 'node:assert/strict';
import { chmod, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { run } from '../../src/exec/run.ts';
import { root } from '../kit/platform.ts';

/** Debian's `nobody`. */
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'] as const;

describe('without root', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sprue-nobody-')); // the clone itself may be closed to others
    await chmod(folder, 0o755);
    await cp(join(root, 'scripts'), join(folder, 'scripts'), { recursive: true });
  });
  after(() => rm(folder, { recursive: true }));

  for (const script of ['start', 'test', 'bootstrap']) {
    test(`scripts/${script} says one clear sentence and exits 2`, async () => {
      const { exitCode, stdout, stderr } = await run([...NOBODY, join(folder, 'scripts', script)], {
        okExitCodes: [0, 1, 2],
        cwd: '/',
      });
      assert.equal(exitCode, 2);
      assert.equal(stdout, '');
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
      assert.match(stderr, /root/);
    });
  }
});
