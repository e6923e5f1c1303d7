import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SprueError } from '../core/errors.ts';

/** Where this machine's cgroups are mounted. */
export type CgroupHierarchy =
  | {
      readonly version: 1;
      /** Mount point by controller. A v1 or hybrid machine has one tree per controller. */
      readonly controllers: ReadonlyMap<string, string>;
      /** Every tree, also `systemd` and the controller-less v2 tree of a hybrid machine. */
      readonly roots: readonly string[];
      readonly swapLimit: boolean;
    }
  | { readonly version: 2; readonly roots: readonly [string]; readonly swapLimit: boolean };

const NEEDED = ['memory', 'pids', 'cpuacct'];

/** @throws SprueError `CGROUPS_MISSING` when neither version can limit memory and processes. */
export function findCgroups(): CgroupHierarchy {
  return parseCgroupMounts(readFileSync('/proc/self/mountinfo', 'utf8'), existsSync);
}

/**
 * Reads proc(5) mountinfo: `id parent major:minor root mountpoint options tags - type source options`.
 * @param exists tells whether a path is there (swap accounting shows in a file's existence)
 */
export function parseCgroupMounts(
  mountinfo: string,
  exists: (path: string) => boolean,
): CgroupHierarchy {
  const controllers = new Map<string, string>();
  const roots: string[] = [];
  let unified: string | undefined;
  for (const line of mountinfo.split('\n')) {
    const [place, origin] = line.split(' - ');
    const mountPoint = place?.split(' ')[4];
    const [type, , options] = origin?.split(' ') ?? [];
    if (mountPoint === undefined || (type !== 'cgroup' && type !== 'cgroup2')) continue;
    roots.push(mountPoint);
    if (type === 'cgroup2') unified ??= mountPoint;
    else addControllers(controllers, options ?? '', mountPoint);
  }
  if (NEEDED.every(name => controllers.has(name))) {
    const memory = controllers.get('memory') ?? '';
    const swapLimit = exists(join(memory, 'memory.memsw.limit_in_bytes'));
    return { version: 1, controllers, roots, swapLimit };
  }
  if (unified === undefined || controllers.has('memory')) throw new SprueError('CGROUPS_MISSING');
  return { version: 2, roots: [unified], swapLimit: exists('/proc/swaps') };
}

/** The first mount of a controller counts: later ones are other views of the same tree. */
function addControllers(found: Map<string, string>, options: string, mountPoint: string): void {
  for (const name of options.split(',')) if (!found.has(name)) found.set(name, mountPoint);
}
