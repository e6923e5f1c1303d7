import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Bus } from '../bus/bus.ts';
import { Controller } from '../controller/controller.ts';
import type { Log } from '../core/log.ts';
import type { Credentials } from './credentials.ts';
import { loadCredentials } from './credentials.ts';
import { commonShape, folder, ipv4, portNumber } from './role-config.ts';
import { runRole } from './run-role.ts';

/** `sprue controller --config FILE` */
export const controllerConfigSchema = z.strictObject({
  ...commonShape,
  /** Apps get `<name>.<domain>`, the API `api.<domain>`. */
  domain: z.string(),
  /** The routers' port, for URLs. */
  http_port: portNumber.default(80),
  /** Address of this host that routers reach the API at. */
  address: ipv4,
  /** Port of the API on that address; 0: any free one. */
  api_port: z.int().min(0).max(65_535).default(0),
  /** The administrator's password and the key of tokens; made when missing. Default: in `state_dir`. */
  credentials_file: folder.optional(),
});
export type ControllerConfig = z.infer<typeof controllerConfigSchema>;

export interface ControllerParts {
  readonly bus: Bus;
  readonly domain: string;
  readonly httpPort: number;
  readonly address: string;
  readonly apiPort: number;
  readonly credentials: Pick<Credentials, 'adminUser' | 'adminPasswordHash' | 'tokenKey'>;
  /** The controller's own folder. */
  readonly dir: string;
  readonly log: Log;
}

/** Composition of the controller; `sprue up` uses it too. */
export function startController(parts: ControllerParts): Promise<Controller> {
  const { adminUser, adminPasswordHash, tokenKey } = parts.credentials;
  return Controller.start({
    bus: parts.bus,
    domain: parts.domain,
    httpPort: parts.httpPort,
    listenHost: parts.address,
    listenPort: parts.apiPort,
    credentials: { adminUser, adminPasswordHash, tokenKey },
    stateDir: parts.dir,
    log: parts.log.child({ part: 'controller' }),
  });
}

/** Runs until it is told to end. Apps and routes go on without it. */
export function runController(config: ControllerConfig): Promise<void> {
  return runRole({
    name: 'controller',
    settings: config,
    async start({ bus, log, resources }) {
      const dir = join(config.state_dir, 'controller');
      await mkdir(dir, { recursive: true, mode: 0o700 });
      const controller = await startController({
        bus,
        domain: config.domain,
        httpPort: config.http_port,
        address: config.address,
        apiPort: config.api_port,
        credentials: await loadCredentials(
          config.credentials_file ?? join(config.state_dir, 'credentials.json'),
        ),
        dir,
        log,
      });
      resources.defer(() => controller.stop());
    },
  });
}
