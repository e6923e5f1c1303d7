import { open, readFile, rename, rm } from 'node:fs/promises';

/**
 * Replaces a JSON file so that a crash leaves the old or the new content, never half of one
 * (temporary file, fsync, rename). Mode 0600 unless told otherwise. A failure leaves the old content.
 */
export async function writeJsonFile(path: string, value: unknown, mode = 0o600): Promise<void> {
  const text = `${JSON.stringify(value, null, 2)}\n`;
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeDurably(temporary, text, mode);
    await rename(temporary, path);
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw thrown;
  }
}

async function writeDurably(path: string, text: string, mode: number): Promise<void> {
  await using file = await open(path, 'w', mode);
  await file.writeFile(text);
  await file.sync();
}

/** The parsed content, or `undefined` when there is no such file. @throws SyntaxError when it is no JSON. */
export async function readJsonFile(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}
