import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Bus } from '../bus/bus.ts';
import { EventStream } from '../bus/event-stream.ts';
import { ObjectBucket } from '../bus/object-bucket.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { reasonOf } from '../core/errors.ts';
import type { Guid } from '../core/ids.ts';
import { KeyedLock } from '../core/keyed-lock.ts';
import type { Log } from '../core/log.ts';
import { OBJECTS } from '../proto/buckets.ts';
import type { StagingResult } from '../proto/staging.ts';
import { LOG_STREAM } from '../proto/subjects.ts';
import { expireBuilds, resumeBuilds, takeStagingResult } from './actions/builds.ts';
import { noteCrash } from './actions/note-crash.ts';
import { sweepUploads } from './actions/packages.ts';
import { seed } from './actions/seed.ts';
import { ApiAnnouncement } from './announce-api.ts';
import { Authority } from './auth/authority.ts';
import { checkDomain } from './domain/names.ts';
import { type AnyRecord, ownerOf } from './domain/records.ts';
import { ReconcileLoop } from './reconcile/loop.ts';
import { OrphanedRoutes } from './reconcile/orphaned-routes.ts';
import { type PassMemory, reconcileApp } from './reconcile/reconcile-app.ts';
import type { ControllerConfig, Services } from './services.ts';
import { AppLog } from './store/app-log.ts';
import { AuditLog } from './store/audit-log.ts';
import { EdgeRegistry } from './store/edge-registry.ts';
import { FleetView } from './store/fleet-view.ts';
import { openFloatingIps } from './store/floating-ips.ts';
import { ResourceStore } from './store/resource-store.ts';
import { RouterRegistry } from './store/router-registry.ts';
import { UsageReader } from './store/usage-reader.ts';
import { TraceBoard } from './traces/trace-board.ts';
import { createServer } from './v3/server.ts';

export interface ControllerOptions {
  readonly bus: Bus;
  /** The platform's domain: the API is at `api.<domain>`, apps at `<name>.<domain>`. */
  readonly domain: string;
  /** The router's port, for URLs. */
  readonly httpPort: number;
  /** Address that the API listens on and that routers reach it at; not 0.0.0.0. */
  readonly listenHost: string;
  /** 0: any free one. */
  readonly listenPort: number;
  readonly credentials: {
    readonly adminUser: string;
    /** As `hashPassword` makes it. */
    readonly adminPasswordHash: string;
    /** Secret that signs tokens. */
    readonly tokenKey: string;
  };
  /** Uploads in progress and the API's registered route are kept here. */
  readonly stateDir: string;
  readonly log: Log;
  readonly clock?: Clock;
  /** Default 2 GiB. */
  readonly maxUploadBytes?: number;
}

const MAX_UPLOAD_BYTES = 2 * 2 ** 30;
const EXPIRE_INTERVAL_MS = 15_000;
const SWEEP_INTERVAL_MS = 6 * 3_600_000;
/** Requests in flight get this long when the controller stops. */
const CLOSE_TIMEOUT_MS = 3_000;

/** The API and the loops that make what runs equal what is wanted. Apps run on without it. */
export class Controller {
  /** The port that the API listens on. */
  readonly apiPort: number;
  readonly #server: FastifyInstance;
  readonly #loop: ReconcileLoop;
  readonly #announcement: ApiAnnouncement;
  readonly #abort: AbortController;

  private constructor(parts: {
    readonly server: FastifyInstance;
    readonly loop: ReconcileLoop;
    readonly announcement: ApiAnnouncement;
    readonly abort: AbortController;
    readonly apiPort: number;
  }) {
    this.#server = parts.server;
    this.#loop = parts.loop;
    this.#announcement = parts.announcement;
    this.#abort = parts.abort;
    this.apiPort = parts.apiPort;
  }

  /**
   * Reads the state, resumes what a crash interrupted, and serves.
   * @throws SprueError `BUS_UNAVAILABLE`, or Node's error when the port is taken
   */
  static async start(options: ControllerOptions): Promise<Controller> {
    const { bus, listenHost, listenPort, credentials, clock = systemClock } = options;
    const abort = new AbortController();
    const { services, loop } = await openServices(options, clock, abort.signal);
    await seed(services);
    await sweepUploads(services);
    await resumeBuilds(services);
    loop.pokeAll();
    followTime(services, loop, abort.signal);
    const server = await createServer(services, new Authority({ ...credentials, clock }));
    await server.listen({ host: listenHost, port: listenPort });
    const { port } = server.server.address() as AddressInfo;
    const announcement = await ApiAnnouncement.begin(bus, services.routers, {
      apiHost: services.config.apiHost,
      host: listenHost,
      port,
      stateFile: join(options.stateDir, 'api-route.json'),
    });
    options.log.info({ api: services.config.apiUrl, port }, 'controller started');
    return new Controller({ server, loop, announcement, abort, apiPort: port });
  }

  /** Leaves apps and their routes alone. The bus stays open: it is the caller's. */
  async stop(): Promise<void> {
    await this.#announcement.withdraw();
    this.#abort.abort();
    const timer = setTimeout(() => this.#server.server.closeAllConnections(), CLOSE_TIMEOUT_MS);
    await this.#server.close();
    clearTimeout(timer);
    await this.#loop.stop();
  }
}

async function openServices(
  options: ControllerOptions,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ readonly services: Services; readonly loop: ReconcileLoop }> {
  const { bus, log } = options;
  const locks = new KeyedLock<Guid>();
  const memory = { unplaced: new Map(), orphans: new OrphanedRoutes() } satisfies PassMemory;
  /** Until everything is read, changes are history and not news. */
  let isReady = false;
  const whenReady = (action: () => void) => isReady && action();

  const logs = await EventStream.open(bus, LOG_STREAM);
  const store = await ResourceStore.open(bus, {
    clock,
    log,
    signal,
    onChange: (after, before) => whenReady(() => pokeOwner(loop, after ?? before)),
  });
  const fleet = await FleetView.open(bus, {
    clock,
    log,
    signal,
    onInstance: (appGuid, after, before) =>
      whenReady(() => {
        noteCrash(services, after, before);
        loop.poke(appGuid);
      }),
    onStaging: result => whenReady(() => takeResult(services, result)),
    onDea: () => whenReady(() => loop.pokeAll()),
  });
  const loop = new ReconcileLoop({
    log,
    reconcile: appGuid => locks.run(appGuid, () => reconcileApp(services, appGuid, memory)),
    allApps: () => new Set([...store.all('app').map(app => app.guid), ...fleet.appsWithDesired()]),
  });
  const services: Services = {
    config: configOf(options),
    store,
    fleet,
    packages: await ObjectBucket.open(bus, OBJECTS.packages),
    droplets: await ObjectBucket.open(bus, OBJECTS.droplets),
    logs,
    appLog: new AppLog(logs, clock),
    audit: await AuditLog.open(bus, clock, log),
    usage: new UsageReader(bus, log),
    routers: new RouterRegistry(bus, clock, signal),
    edges: await EdgeRegistry.open(bus, { clock, log, signal }),
    floatingIps: await openFloatingIps(bus, { log, signal }),
    traces: new TraceBoard(bus, log, signal),
    unplaced: memory.unplaced,
    bus,
    stopping: signal,
    clock,
    log,
    exclusive: (appGuid, action) => locks.run(appGuid, action),
    reconcile: appGuid => loop.poke(appGuid),
  };
  isReady = true;
  return { services, loop };
}

function configOf({ domain, httpPort, stateDir, ...rest }: ControllerOptions): ControllerConfig {
  const own = checkDomain(domain);
  const apiHost = `api.${own}`;
  return {
    domain: own,
    apiHost,
    apiUrl: `http://${apiHost}${httpPort === 80 ? '' : `:${httpPort}`}`,
    uploadDir: join(stateDir, 'uploads'),
    maxUploadBytes: rest.maxUploadBytes ?? MAX_UPLOAD_BYTES,
  };
}

/** A changed route concerns the apps it leads to, anything else the app it belongs to. */
function pokeOwner(loop: ReconcileLoop, record: AnyRecord | undefined): void {
  if (record === undefined) return;
  if (record.kind === 'app') return loop.poke(record.guid);
  if (record.kind === 'route') {
    for (const { appGuid } of record.destinations) loop.poke(appGuid);
    return;
  }
  if (record.kind !== 'process' && record.kind !== 'deployment') return;
  const owner = ownerOf(record);
  if (owner !== undefined) loop.poke(owner.guid);
}

function takeResult(services: Services, result: StagingResult): void {
  takeStagingResult(services, result).catch(thrown => {
    // The result stays in its bucket: the next round of resumeBuilds takes it.
    const { buildGuid } = result;
    services.log.warn({ buildGuid, reason: reasonOf(thrown) }, 'staging result not taken over');
  });
}

/** What happens because time passes or the bus comes back. */
function followTime(services: Services, loop: ReconcileLoop, signal: AbortSignal): void {
  const { bus, fleet, log } = services;
  const stopListening = bus.onStatus(status => {
    if (status !== 'reconnected') return;
    fleet.deas.extendAll();
    loop.pokeAll();
  });
  const timer = setInterval(() => {
    if (!bus.connected) return;
    Promise.all([resumeBuilds(services), expireBuilds(services)]).catch(thrown =>
      log.warn({ reason: reasonOf(thrown) }, 'builds could not be looked after'),
    );
  }, EXPIRE_INTERVAL_MS);
  const sweep = () =>
    Promise.all([services.store.sweepDeleted(), fleet.desired.sweep(), fleet.actual.sweep()]).catch(
      thrown => log.warn({ reason: reasonOf(thrown) }, 'deleted entries could not be swept'),
    );
  const sweepTimer = setInterval(sweep, SWEEP_INTERVAL_MS);
  signal.addEventListener('abort', () => {
    stopListening();
    clearInterval(timer);
    clearInterval(sweepTimer);
  });
}
