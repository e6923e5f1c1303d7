import { Bus } from '../bus/bus.ts';
import { parseIpv4 } from '../core/address.ts';
import type { Log } from '../core/log.ts';
import { sprueVersion } from '../core/version.ts';
import { startController } from '../roles/controller-role.ts';
import type { Credentials } from '../roles/credentials.ts';
import { startDea } from '../roles/dea-role.ts';
import { containerNameservers } from '../roles/nameservers.ts';
import { type NatsRole, natsUserName } from '../roles/nats-permissions.ts';
import { NatsServer } from '../roles/nats-server.ts';
import { RouterProcess } from '../roles/router-process.ts';
import { hostLayers } from './host-layers.ts';
import type { PlatformRecord } from './platform-record.ts';
import type { Report } from './report.ts';
import type { StateDir } from './state-dir.ts';
import { supervise } from './supervise.ts';

const LOOPBACK = '127.0.0.1';

export interface PlatformOptions {
  readonly dir: StateDir;
  readonly record: PlatformRecord;
  readonly credentials: Credentials;
  readonly log: Log;
  readonly report: Report;
}

/** All of one machine's platform, wired: kept processes, controller, DEA. */
export class Platform {
  readonly #resources: AsyncDisposableStack;

  private constructor(resources: AsyncDisposableStack) {
    this.#resources = resources;
  }

  static async start(options: PlatformOptions): Promise<Platform> {
    const { dir, record, credentials, log, report } = options;
    const passwords = credentials.nats;
    await using resources = new AsyncDisposableStack();
    const { nats, router } = await keepProcesses(options);
    report.step('controller');
    const controllerBus = await connect(options, { role: 'controller' }, passwords.controller);
    resources.defer(() => controllerBus.drain());
    const controller = await startController({
      ...{ bus: controllerBus, credentials, log },
      domain: record.domain,
      httpPort: record.httpPort,
      address: LOOPBACK,
      apiPort: 0,
      dir: dir.controller,
    });
    resources.defer(() => controller.stop());
    report.step('DEA, containers and host network');
    const { deaId } = record;
    const deaBus = await connect(options, { role: 'dea', deaId }, passwords.dea);
    resources.defer(() => deaBus.drain());
    const dea = await startDea({
      ...{ bus: deaBus, deaId, log },
      address: parseIpv4(record.address),
      stateDir: dir.root,
      layers: hostLayers(dir, record, log),
      nameservers: containerNameservers(),
    });
    resources.defer(() => dea.leave());
    const supervision = new AbortController();
    resources.defer(() => supervision.abort());
    supervise({ 'nats-server': nats, router }, log, supervision.signal);
    return new Platform(resources.move());
  }

  /** Ends controller and DEA, in reverse order; apps, router and nats-server go on. */
  async leave(): Promise<void> {
    await this.#resources.disposeAsync();
  }
}

async function keepProcesses({ dir, record, credentials, report }: PlatformOptions) {
  report.step(`nats-server on 127.0.0.1:${record.natsPort}`);
  const nats = await NatsServer.keep({
    dir: dir.nats,
    host: LOOPBACK,
    port: record.natsPort,
    users: [
      { role: { role: 'controller' }, password: credentials.nats.controller },
      { role: { role: 'dea', deaId: record.deaId }, password: credentials.nats.dea },
      { role: { role: 'router' }, password: credentials.nats.router },
      { role: { role: 'edge' }, password: credentials.nats.edge },
    ],
  });
  report.step(`router on port ${record.httpPort}`);
  const router = await RouterProcess.keep({
    dir: dir.router,
    httpPort: record.httpPort,
    natsHost: LOOPBACK,
    natsPort: record.natsPort,
    natsPassword: credentials.nats.router,
    statusPassword: credentials.routerStatus,
    version: sprueVersion(),
  });
  return { nats, router };
}

/** Controller and DEA share a process, but each may do on the bus only what it may on its own. */
function connect({ record, log }: PlatformOptions, role: NatsRole, password: string): Promise<Bus> {
  return Bus.connect({
    servers: [`${LOOPBACK}:${record.natsPort}`],
    user: natsUserName(role),
    password,
    name: `sprue up: ${role.role}`,
    log: log.child({ part: 'bus' }),
  });
}
