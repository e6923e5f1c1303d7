import { relative } from 'node:path';
import { reasonOf, SprueError } from '../core/errors.ts';

/** The error for a file or directory that cannot be used, named as the user would name it. */
export function pathInvalid(path: string, reason: string, cause?: unknown): SprueError {
  const shown = relative(process.cwd(), path);
  const name = shown === '' || shown.startsWith('..') ? path : shown;
  return new SprueError('PUSH_PATH_INVALID', { path: name, reason }, { cause });
}

/** Why a file operation failed, in words. */
export function fileReason(cause: unknown): string {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'it does not exist';
  if (code === 'EACCES') return 'it may not be read';
  if (code === 'ENOSPC') return 'the disk is full';
  return reasonOf(cause);
}
