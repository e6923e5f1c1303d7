import { open, readFile, rename, rm } from 'node:fs/promises';

/**
 * Replaces a JSON file so that a crash leaves the old or the new content, never half of one
 * (temporary file, fsync, rename). Mode 0600 unless told otherwise.
 */
export async function writeJsonFile(path: string, value: unknown, mode = 0o600): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await open(temporary, 'w', mode);
  try {
    await file.writeFile(`${JSON.stringify(value, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path).catch(async thrown => {
    await rm(temporary, { force: true });
    throw thrown;
  });
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
