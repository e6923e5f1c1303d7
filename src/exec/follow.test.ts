import assert from 'node:assert/strict';
import { test } from 'node:test';
import { poll } from '../core/wait.ts';
import { follow } from './follow.ts';
import { identifyProcess } from './process-table.ts';
import { run } from './run.ts';

const wait = { intervalMs: 10, timeoutMs: 5_000 };

test('follow() hands on lines while the program runs, and ends it when told to', async () => {
  const lines: string[] = [];
  const failures: string[] = [];
  const script = 'echo $$; echo two; exec sleep 60';
  const followed = follow(['sh', '-c', script], {
    onLine: line => void lines.push(line),
    onFailure: reason => void failures.push(reason),
  });
  await poll(() => (lines.length === 2 ? true : undefined), wait);
  assert.equal(lines[1], 'two');
  const pid = Number(lines[0]);
  assert.ok(identifyProcess(pid));
  await followed.stop();
  assert.equal(identifyProcess(pid), undefined);
  await followed.stop();
  assert.deepEqual(failures, []);
});

test('follow() tells why a program ended by itself', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  follow(['sh', '-c', 'echo broken >&2; exit 3'], { onLine() {}, onFailure: resolve });
  assert.equal(await promise, 'broken');
});

test('what follow() started dies with us, even when we are killed', async () => {
  const module = import.meta.resolve('./follow.ts');
  const script = `import { follow } from '${module}';
    follow(['sh', '-c', 'echo $$; exec sleep 60'], {
      onLine: line => { console.log(line); process.stdout.write('', () => process.kill(process.pid, 'SIGKILL')); },
      onFailure() {},
    });`;
  const shell = '"$0" --input-type=module -e "$1" || true';
  const { stdout } = await run(['sh', '-c', shell, process.execPath, script]);
  const pid = Number(stdout.trim());
  assert.ok(pid > 1, stdout);
  await poll(() => (identifyProcess(pid) === undefined ? true : undefined), wait);
  assert.equal(identifyProcess(pid), undefined);
});
