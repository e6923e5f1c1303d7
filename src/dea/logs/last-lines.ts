import { LineJoiner } from './line-joiner.ts';
import { LogFile } from './log-file.ts';

const TAIL_BYTES = 32 * 1024;

/** The newest lines of a container's log, oldest first; empty when there is none. */
export async function lastLines(path: string, count: number): Promise<string[]> {
  const file = new LogFile(path);
  try {
    const size = await file.backlogBytes();
    file.skip(Math.max(0, size - TAIL_BYTES));
    const chunk = await file.read(TAIL_BYTES);
    const joiner = new LineJoiner();
    const lines = (chunk?.bytes.toString() ?? '').split('\n').map(line => joiner.add(line, 0));
    return [...lines, ...joiner.flush()]
      .flatMap(line => (line === undefined ? [] : [line.text]))
      .slice(-count);
  } finally {
    await file.close();
  }
}
