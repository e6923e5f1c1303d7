import { Bus } from '../bus/bus.ts';
import { Controller } from '../controller/controller.ts';
import { parseIpv4 } from '../core/address.ts';
import type { Log } from '../core/log.ts';
import { sprueVersion } from '../core/version.ts';
import { Dea } from '../dea/dea.ts';
import { containerDefaults, diskCapacityMib, memoryCapacityMib } from './container-defaults.ts';
import type { Credentials } from './credentials.ts';
import { hostLayers } from './host-layers.ts';
import { NatsServer } from './nats-server.ts';
import type { PlatformRecord } from './platform-record.ts';
import type { Report } from './report.ts';
import { RouterProcess } from './router-process.ts';
import type { StateDir } from './state-dir.ts';
import { supervise } from './supervise.ts';

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
    const { report } = options;
    await using resources = new AsyncDisposableStack();
    const { nats, router } = await keepProcesses(options);
    const bus = resources.adopt(await connect(options), connection => connection.drain());
    report.step('controller');
    const controller = await startController(options, bus);
    resources.defer(() => controller.stop());
    report.step('DEA, containers and host network');
    const dea = await startDea(options, bus);
    resources.defer(() => dea.stop({ leaveAppsRunning: true }));
    const supervision = new AbortController();
    resources.defer(() => supervision.abort());
    supervise({ 'nats-server': nats, router }, options.log, supervision.signal);
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
    port: record.natsPort,
    credentials: credentials.nats,
  });
  report.step(`router on port ${record.httpPort}`);
  const router = await RouterProcess.keep({
    dir: dir.router,
    httpPort: record.httpPort,
    natsPort: record.natsPort,
    natsPassword: credentials.nats.router,
    statusPassword: credentials.routerStatus,
    version: sprueVersion(),
  });
  return { nats, router };
}

function connect({ record, credentials, log }: PlatformOptions): Promise<Bus> {
  return Bus.connect({
    servers: [`127.0.0.1:${record.natsPort}`],
    user: 'platform',
    password: credentials.nats.platform,
    name: 'sprue up',
    log: log.child({ part: 'bus' }),
  });
}

function startController(
  { dir, record, credentials, log }: PlatformOptions,
  bus: Bus,
): Promise<Controller> {
  return Controller.start({
    bus,
    domain: record.domain,
    httpPort: record.httpPort,
    listenHost: '127.0.0.1',
    listenPort: 0,
    credentials: {
      adminUser: credentials.adminUser,
      adminPasswordHash: credentials.adminPasswordHash,
      tokenKey: credentials.tokenKey,
    },
    stateDir: dir.controller,
    log: log.child({ part: 'controller' }),
  });
}

async function startDea({ dir, record, log }: PlatformOptions, bus: Bus): Promise<Dea> {
  const { hostnet, warden } = hostLayers(dir, record, log);
  await hostnet.setUp();
  return Dea.start({
    deaId: record.deaId,
    address: parseIpv4(record.address),
    stateDir: dir.root,
    bus,
    hostnet,
    warden,
    capacity: { memoryMib: memoryCapacityMib(), diskMib: await diskCapacityMib(dir.root) },
    container: containerDefaults(),
    version: sprueVersion(),
    log: log.child({ part: 'dea' }),
  });
}
