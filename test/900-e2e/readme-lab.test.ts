import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { run } from '../../src/exec/run.ts';
import { root } from '../kit/platform.ts';

const lab = `t${randomBytes(3).toString('hex')}`;
const sprue = join(root, 'bin', 'sprue');

after(() => run([sprue, 'lab', 'down', '--name', lab], { timeoutMs: 60_000 }));

test('every line of README’s “The whole picture” works, in its order', async () => {
  const text = readFileSync(join(root, 'README.md'), 'utf8');
  const section = text.slice(text.indexOf('## The whole picture'));
  const lines = (/```sh\n([\s\S]*?)```/.exec(section)?.[1] ?? '').split('\n').filter(Boolean);
  assert.ok(lines.length >= 6, 'the block was found');
  for (const line of lines) {
    const [program, ...words] = line.replace(/\s+#.*$/, '').split(/\s+/);
    assert.equal(program, 'sprue', line);
    const { exitCode, stdout, stderr } = await run([sprue, ...inLab(words)], {
      cwd: root,
      timeoutMs: 90_000,
      okExitCodes: Array.from({ length: 256 }, (_, code) => code),
    });
    assert.equal(exitCode, 0, `${line}\n${stdout}\n${stderr}`);
  }
});

/** The same command for a lab of the test's own. */
function inLab(words: readonly string[]): string[] {
  assert.equal(words[0], 'lab');
  return ['lab', words[1] ?? '', '--name', lab, ...words.slice(2)];
}
