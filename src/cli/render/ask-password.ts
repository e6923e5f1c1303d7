import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { SprueError } from '../../core/errors.ts';
import type { CliContext } from '../context.ts';

/** Asks for a secret without showing it. @throws SprueError `USAGE` when nobody can be asked */
export async function askPassword(context: CliContext, question: string): Promise<string> {
  if (!context.interactive) {
    const reason = 'Nobody is there to be asked for the password: set SPRUE_PASSWORD';
    throw new SprueError('USAGE', { reason, command: 'login' });
  }
  // readline would echo what is typed to its output: this one swallows it.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  process.stderr.write(question); // now that the terminal shows nothing any more
  // With a terminal of its own, readline takes Ctrl-C for itself.
  const ended = new AbortController();
  reader.once('SIGINT', () => {
    ended.abort();
    process.kill(process.pid, 'SIGINT');
  });
  try {
    return await reader.question('', { signal: AbortSignal.any([context.signal, ended.signal]) });
  } finally {
    reader.close();
    process.stderr.write('\n');
  }
}
