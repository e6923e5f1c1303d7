import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** Where administration tools live on Debian, also when the caller's PATH lacks `sbin`. */
const EXTRA = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin'];

/** Absolute path of a program on PATH, or `undefined`. */
export function which(program: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':').filter(Boolean), ...EXTRA];
  return folders.map(folder => join(folder, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
