import { SprueError } from '../core/errors.ts';
import { which } from '../exec/which.ts';

/**
 * Absolute path of a program that containers need, also when PATH lacks `sbin`.
 * @throws SprueError `COMMAND_MISSING`
 */
export function requireProgram(program: 'conmon' | 'runc'): string {
  const path = which(program);
  if (path === undefined) throw new SprueError('COMMAND_MISSING', { command: program });
  return path;
}
