import { reasonOf, SprueError } from '../../core/errors.ts';

/**
 * What a full disk looks like from here: from the file system (ENOSPC, EDQUOT), or from JetStream
 * (10023 “insufficient resources”, 10047 “insufficient storage resources”, 10077 “maximum bytes
 * exceeded”).
 */
const FILE_CODES = new Set<unknown>(['ENOSPC', 'EDQUOT']);
const JETSTREAM_CODES = new Set<unknown>([10_023, 10_047, 10_077]);

/** A `DISK_FULL` error when that is what `thrown` means, else `undefined`. */
export function diskFull(thrown: unknown, where: string): SprueError | undefined {
  const code = (thrown as { code?: unknown } | null)?.code;
  if (!FILE_CODES.has(code) && !JETSTREAM_CODES.has(code)) return undefined;
  const place = FILE_CODES.has(code) ? where : 'the disk of NATS';
  return new SprueError('DISK_FULL', { reason: reasonOf(thrown), where: place }, { cause: thrown });
}
