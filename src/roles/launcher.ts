import { join } from 'node:path';

/** The installation's root: the folder that holds `bin/` and `src/`. */
export const installRoot = join(import.meta.dirname, '..', '..');

/** Absolute path of `bin/sprue`, for starting further processes of the platform. */
export function launcher(): string {
  return join(installRoot, 'bin', 'sprue');
}
