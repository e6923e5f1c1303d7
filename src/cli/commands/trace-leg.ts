import { createInterface } from 'node:readline';
import { EXIT } from '../../core/error-table.ts';
import type { Invocation } from '../command-spec.ts';
import { answerLine } from '../trace/remote-place.ts';

/** Resolves and sends in this process's network for a `sprue trace` that runs in another. */
export async function run({ context: { output, signal } }: Invocation): Promise<number> {
  for await (const line of createInterface({ input: process.stdin })) {
    output.line(await answerLine(line, signal));
  }
  return EXIT.ok;
}
