import { isAbsolute, join, normalize } from 'node:path/posix';
import { SprueError } from '../../core/errors.ts';

/**
 * The path of a tar entry relative to the folder that is filled; `.` is that folder itself.
 * @throws SprueError `DROPLET_INVALID` when it is absolute, climbs out or holds a zero byte.
 */
export function entryPath(name: string): string {
  const path = normalize(name).replace(/\/+$/, '') || '.';
  if (isAbsolute(name)) throw invalid(name, 'has an absolute path');
  if (path === '..' || path.startsWith('../')) throw invalid(name, 'lies outside of it');
  if (name.includes('\0') || name === '') throw invalid(name, 'has no valid name');
  return path;
}

/**
 * Checks where a symbolic link points. A relative one must stay inside. An absolute one is resolved in
 * the container when the app follows it (a Python venv links to `/usr/bin/python3`); the host never
 * follows it, see {@link refuseThroughLink}.
 * @throws SprueError `DROPLET_INVALID`
 */
export function checkLinkTarget(path: string, target: string): void {
  if (target === '' || target.includes('\0')) throw invalid(path, 'is a link to nowhere');
  if (isAbsolute(target)) return;
  const resolved = join(path, '..', target);
  if (resolved === '..' || resolved.startsWith('../')) {
    throw invalid(path, `is a link to ${target}, outside of it`);
  }
}

/**
 * Nothing may be written through a link that the archive itself has made.
 * @throws SprueError `DROPLET_INVALID`
 */
export function refuseThroughLink(path: string, links: ReadonlySet<string>): void {
  if (links.size === 0) return;
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    if (links.has(path.slice(0, end))) throw invalid(path, 'lies behind a symbolic link');
  }
}

export function invalid(name: string, problem: string): SprueError {
  return new SprueError('DROPLET_INVALID', { reason: `“${name}” in it ${problem}` });
}
