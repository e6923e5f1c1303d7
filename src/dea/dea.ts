import { join } from 'node:path';
import type { Bus } from '../bus/bus.ts';
import type { Ipv4 } from '../core/address.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import type { Guid } from '../core/ids.ts';
import type { Log } from '../core/log.ts';
import type { HostNetwork } from '../hostnet/host-network.ts';
import { stagingKey } from '../proto/buckets.ts';
import { deaStatsSubject } from '../proto/subjects.ts';
import { listeningSockets } from '../warden/listening-sockets.ts';
import type { Warden } from '../warden/warden.ts';
import { advertise } from './advertisement.ts';
import { type DesiredSnapshot, DesiredWatch } from './desired-watch.ts';
import { DropletCache } from './droplet/droplet-cache.ts';
import { DropletTidier } from './droplet/droplet-tidier.ts';
import { HEALTH_TIMINGS } from './health/health-monitor.ts';
import type { ContainerDefaults, InstanceHost, InstanceTimings } from './instance/instance-host.ts';
import { InstanceRecords } from './instance/instance-record.ts';
import { Slots } from './instance/slots.ts';
import { Instances } from './instances.ts';
import { KeyedWriter } from './keyed-writer.ts';
import { InstanceLogs } from './logs/instance-logs.ts';
import { LogPublisher } from './logs/log-publisher.ts';
import type { Resumption } from './recovery/plan-recovery.ts';
import { recover } from './recovery/recover.ts';
import { RouteAnnouncer } from './routes/route-announcer.ts';
import { RoutersKnown } from './routes/routers-known.ts';
import { BUILT_IN_BUILDPACKS } from './staging/buildpack-reference.ts';
import { Stager } from './staging/stager.ts';
import { StagingRunner, type TaskStager } from './staging-runner.ts';
import { type Actual, openStores, readActual, type Stores } from './stores.ts';
import { untilConnected } from './until-connected.ts';
import { UsageReport } from './usage-report.ts';

export interface DeaOptions {
  /** Stays the same for as long as the state directory lives. */
  readonly deaId: string;
  /** Address of this host that endpoints carry. */
  readonly address: Ipv4;
  /** The platform's state directory; the DEA keeps everything in `dea/` below it. */
  readonly stateDir: string;
  readonly bus: Bus;
  /** Set up already. */
  readonly hostnet: HostNetwork;
  readonly warden: Warden;
  /** What instances may use in all. */
  readonly capacity: { readonly memoryMib: number; readonly diskMib: number };
  /** Mounts (Node, npm) and name servers of every container, and how many processes it may have. */
  readonly container: ContainerDefaults;
  /** Shown to the controller. */
  readonly version: string;
  readonly log: Log;
  readonly clock?: Clock;
  readonly timings?: Partial<InstanceTimings>;
  /** Default: builds run in containers of this host. */
  readonly stager?: TaskStager;
  /** Ends the wait for NATS at the start. */
  readonly signal?: AbortSignal;
}

const TIMINGS: InstanceTimings = {
  ...HEALTH_TIMINGS,
  drainMs: 1_000,
  stopGraceMs: 10_000,
  listenSuspicionMs: 3_000,
  routeRetryMs: 1_000,
};

/** Containers that are made or destroyed at the same time. */
const PARALLEL_WORK = 8;
const DROPLET_GRACE_MS = 60_000;
const LAST_WRITES_MS = 2_000;

/** The agent of one host: makes what the controller wants true, and says what is. */
export class Dea {
  readonly #options: DeaOptions;
  readonly #log: Log;
  /** Aborted first: takes no more wishes. */
  readonly #ending = new AbortController();
  /** Aborted when the instances are through: nobody waits for NATS any more. */
  readonly #closing = new AbortController();
  readonly #end: (() => void)[] = [];
  readonly #routers: RoutersKnown;
  readonly #routes: RouteAnnouncer;
  #stopParts: (leaveAppsRunning: boolean) => Promise<void> = async () => {};

  private constructor(options: DeaOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#routers = new RoutersKnown(options.bus, options.clock ?? systemClock);
    this.#routes = new RouteAnnouncer(options.bus, this.#routers, options.log);
  }

  /**
   * Adopts what runs, removes what nobody wants, starts what is missing.
   * @returns when every instance is in the agent's hands (not: when it is RUNNING). While NATS is away
   *   it waits, and apps run on.
   */
  static async start(options: DeaOptions): Promise<Dea> {
    const dea = new Dea(options);
    try {
      await dea.#start();
      return dea;
    } catch (thrown) {
      await dea.stop({ leaveAppsRunning: true });
      throw thrown;
    }
  }

  /**
   * Ends the agent. With `leaveAppsRunning` apps go on, routed for as long as the routers keep their
   * routes (two minutes without a new registration, without end while NATS is away); the next agent
   * adopts them. Otherwise every instance is stopped gracefully before.
   */
  async stop({ leaveAppsRunning }: { readonly leaveAppsRunning: boolean }): Promise<void> {
    this.#ending.abort();
    for (const end of this.#end.splice(0)) end();
    await this.#stopParts(leaveAppsRunning);
    this.#routes.stop();
    this.#routers.close();
  }

  async #start(): Promise<void> {
    const { bus, deaId } = this.#options;
    const signal = AbortSignal.any([
      this.#ending.signal,
      ...(this.#options.signal ? [this.#options.signal] : []),
    ]);
    const stores = await openStores(bus, this.#log, signal);
    const actual = new KeyedWriter<Actual>({
      bucket: stores.actual,
      ready: aborted => untilConnected(bus, aborted),
      log: this.#log,
    });
    const watch = new DesiredWatch(deaId, this.#log);
    const snapshot = await watch.begin(stores.desired, signal);
    const reported = await readActual(stores.actual, deaId);
    this.#routes.start();

    const parts = await this.#open(stores, actual);
    const resumptions = await recover({ ...parts, snapshot, reported });

    const tidier = new DropletTidier({
      droplets: parts.droplets,
      inUse: () => new Set(instances.all().map(({ desired }) => desired.dropletGuid)),
      graceMs: DROPLET_GRACE_MS,
      log: this.#log,
    });
    const instances = new Instances(parts.host, () => tidier.schedule());
    const staging = new StagingRunner(deaId, parts.stager, actual);
    for (const resumption of resumptions) instances.resume(resumption);
    catchUp(instances, resumptions, snapshot);
    beginStaging(staging, snapshot, reported, deaId);
    watch.handOver({
      onInstance: (guid, desired) => {
        if (desired === undefined) instances.unwant(guid);
        else instances.want(desired);
      },
      onStaging: (guid, task) => {
        if (task === undefined) void staging.unwant(guid);
        else staging.want(task);
      },
    });
    this.#advertise(stores);
    this.#answerStats(instances);
    tidier.schedule();
    this.#end.push(() => tidier.stop());
    this.#stopParts = async leaveAppsRunning => {
      await staging.leave();
      await (leaveAppsRunning ? instances.leave() : instances.stop());
      this.#closing.abort();
      await parts.logs.stop();
      await actual.stop(LAST_WRITES_MS);
    };
  }

  async #open(stores: Stores, actual: KeyedWriter<Actual>) {
    const { bus, stateDir, warden, hostnet, deaId, container } = this.#options;
    const clock = this.#options.clock ?? systemClock;
    const log = this.#log;
    const folder = (name: string): string => join(stateDir, 'dea', name);
    const publisher = new LogPublisher({
      stream: stores.logs,
      ready: () => untilConnected(bus, this.#closing.signal),
      clock,
    });
    const logPath = warden.logPath.bind(warden);
    const logs = await InstanceLogs.open({
      publisher,
      logPath,
      folder: folder('logs'),
      clock,
      log,
    });
    const records = await InstanceRecords.open(folder('instances'));
    const droplets = await DropletCache.open(folder('droplets'), stores.droplets);
    const host: InstanceHost = {
      ...{ deaId, hostnet, warden, droplets, logs, records, actual, container, clock, log },
      routes: this.#routes,
      listening: listeningSockets,
      slots: new Slots(PARALLEL_WORK),
      timings: { ...TIMINGS, ...this.#options.timings },
    };
    const stager =
      this.#options.stager ??
      new Stager({
        ...{ stateDir, hostnet, warden, container, log },
        packages: stores.packages,
        droplets: stores.droplets,
        storeLog: (appGuid, lines) => publisher.store(appGuid, lines),
      });
    return { host, records, logs, droplets, stager };
  }

  #advertise(stores: Stores): void {
    const { deaId, address, capacity, version, clock = systemClock } = this.#options;
    const advertisement = {
      id: deaId,
      address,
      ...capacity,
      buildpacks: [...BUILT_IN_BUILDPACKS],
      startedMs: clock.now(),
      version,
    };
    const lease = advertise(stores.deas, advertisement, this.#log);
    this.#end.push(() => lease.stop());
  }

  #answerStats(instances: Instances): void {
    const { bus, deaId, warden } = this.#options;
    const usage = new UsageReport(warden);
    const subscription = bus.subscribe(deaStatsSubject(deaId), message => {
      usage.ask(instances.all()).then(
        report => message.respond(report),
        thrown => this.#log.warn({ reason: String(thrown) }, 'usage cannot be read'),
      );
    });
    this.#end.push(() => subscription.unsubscribe());
  }
}

/** What has changed while the recovery looked around; from then on changes come by themselves. */
function catchUp(
  instances: Instances,
  resumptions: readonly Resumption[],
  snapshot: DesiredSnapshot,
): void {
  const wishes = new Map(resumptions.map(({ desired, wish }) => [desired.guid, wish]));
  for (const [guid, desired] of snapshot.instances) {
    if (wishes.get(guid) !== desired) instances.want(desired);
  }
  for (const guid of wishes.keys()) {
    if (!snapshot.instances.has(guid) && !snapshot.unreadable.has(guid)) instances.unwant(guid);
  }
}

/** A build whose result is known is done; one that an earlier agent had begun begins anew. */
function beginStaging(
  staging: StagingRunner,
  snapshot: DesiredSnapshot,
  reported: ReadonlyMap<string, Actual | undefined>,
  deaId: string,
): void {
  const finished = (guid: Guid): boolean => {
    const report = reported.get(stagingKey(deaId, guid));
    return report !== undefined && report.state !== 'STAGING';
  };
  for (const [guid, task] of snapshot.tasks) {
    if (finished(guid)) staging.remember(guid);
    else staging.want(task);
  }
  for (const [key, report] of reported) {
    if (report === undefined || !('buildGuid' in report)) continue;
    if (key.startsWith(`${deaId}.staging.`) && !snapshot.tasks.has(report.buildGuid)) {
      staging.remember(report.buildGuid);
      void staging.unwant(report.buildGuid);
    }
  }
}
