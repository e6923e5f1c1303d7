import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { silentLog } from '../core/log.ts';
import { netnsPrefix, platformTag } from '../hostnet/names.ts';
import { createWarden } from '../warden/container-warden.ts';
import { entries } from './lab-dir.ts';

/** Namespaces of the containers of the DEA with this state directory. */
export function containerNetns(stateDir: string): string[] {
  const prefix = netnsPrefix(platformTag(stateDir));
  return entries('/run/netns').filter(netns => netns.startsWith(prefix));
}

/** Containers, cgroups and mounts of that DEA. */
export async function removeContainers(stateDir: string): Promise<void> {
  if (!existsSync(join(stateDir, 'warden'))) return;
  await createWarden({ stateDir, log: silentLog }).tearDown();
}
