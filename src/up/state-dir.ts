import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Where everything durable of one machine's platform lives:
 *
 * ```
 * <state dir>/            0711
 *   platform.json         what `sprue up` was started with, for `down`, `doctor` and the next start
 *   up.json               who holds the platform: pid and start time of `sprue up`
 *   credentials.json      0600, made at the first start
 *   nats/                 0700: nats-server.conf, jetstream/, nats-server.json (its pid), nats-server.log
 *   router/               0700: router.yml, router.json (its pid), ready.json, access.log, router.log
 *   controller/           0700: uploads in progress
 *   dea/                  instances, droplet cache, staging
 *   hostnet/              leases of addresses and ports
 *   warden/               one folder per container
 * ```
 */
export interface StateDir {
  readonly root: string;
  readonly platformFile: string;
  readonly upFile: string;
  readonly credentialsFile: string;
  readonly nats: string;
  readonly router: string;
  readonly controller: string;
  readonly dea: string;
  readonly hostnet: string;
  readonly warden: string;
}

export function stateDir(root: string): StateDir {
  return {
    root,
    platformFile: join(root, 'platform.json'),
    upFile: join(root, 'up.json'),
    credentialsFile: join(root, 'credentials.json'),
    nats: join(root, 'nats'),
    router: join(root, 'router'),
    controller: join(root, 'controller'),
    dea: join(root, 'dea'),
    hostnet: join(root, 'hostnet'),
    warden: join(root, 'warden'),
  };
}

/** Containers' users must be able to pass through the root folder, but not look into it. */
export async function makeStateDir(dir: StateDir): Promise<void> {
  await mkdir(dir.root, { recursive: true, mode: 0o711 });
  for (const folder of [dir.nats, dir.router, dir.controller])
    await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const folder of [dir.dea, dir.hostnet, dir.warden])
    await mkdir(folder, { recursive: true, mode: 0o711 });
}
