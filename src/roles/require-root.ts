import { SprueError } from '../core/errors.ts';

/** @throws SprueError `NOT_ROOT` */
export function requireRoot(): void {
  if (process.getuid?.() !== 0) throw new SprueError('NOT_ROOT');
}
