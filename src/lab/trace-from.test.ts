import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandSpec, Invocation } from '../cli/command-spec.ts';
import { runCaptured } from '../cli/testing/capture.ts';
import { LAB_TRACE_COMMAND, traceWords } from './trace-from.ts';

/** The words that `sprue <argv>` would run on the host. */
async function wordsFor(...argv: readonly string[]): Promise<readonly string[]> {
  let words: readonly string[] = [];
  const spec: CommandSpec = {
    ...LAB_TRACE_COMMAND,
    load: async () => ({
      run: async (invocation: Invocation) => {
        words = traceWords(invocation);
        return 0;
      },
    }),
  };
  const { exitCode, stderr } = await runCaptured(argv, { env: {}, commands: [spec] });
  assert.equal(exitCode, 0, stderr);
  return words;
}

test('traceWords() says the same again, without where to send from', async () => {
  assert.deepEqual(await wordsFor('trace', 'shop.example.com', '--from', 'client'), [
    'trace',
    '--',
    'shop.example.com',
  ]);
  const headers = ['-H', 'X-One: --raw', '-H', 'Two: 2'];
  assert.deepEqual(
    await wordsFor(
      'trace',
      '--json',
      'a.b/c',
      '--from=client',
      '--expect',
      '200',
      ...headers,
      '--show-secrets',
    ),
    [
      'trace',
      '--header=X-One: --raw',
      '--header=Two: 2',
      '--expect=200',
      '--show-secrets',
      '--json',
      '--',
      'a.b/c',
    ],
  );
});
