import { systemClock } from '../core/clock.ts';
import { reasonOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { deaStatsSubject } from '../proto/subjects.ts';
import { advertise } from './advertisement.ts';
import type { DeaOptions } from './dea-options.ts';
import { type DeaParts, openParts } from './dea-parts.ts';
import { DesiredWatch } from './desired-watch.ts';
import { DropletTidier } from './droplet/droplet-tidier.ts';
import { Instances } from './instances.ts';
import { recover } from './recovery/recover.ts';
import { resumeInstances, resumeStaging } from './recovery/resume.ts';
import { RouteAnnouncer } from './routes/route-announcer.ts';
import { RouterDoors } from './routes/router-doors.ts';
import { RoutersKnown } from './routes/routers-known.ts';
import { BUILT_IN_BUILDPACKS } from './staging/buildpack-reference.ts';
import { StagingRunner } from './staging-runner.ts';
import { openStores, readActual, type Stores } from './stores.ts';
import { patiently } from './until-connected.ts';
import { UsageReport } from './usage-report.ts';

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
    const patience = { log: this.#log, signal };
    const stores = await patiently(bus, () => openStores(bus), patience);
    const watch = new DesiredWatch(deaId, this.#log);
    const snapshot = await watch.begin(stores.desired, signal);
    const reported = await patiently(bus, () => readActual(stores.actual, deaId), patience);
    this.#routes.start();
    this.#openDoors();
    const closing = this.#closing.signal;
    const parts = await openParts(this.#options, { stores, routes: this.#routes, closing });
    const resumptions = await recover({ ...parts, snapshot, reported });

    const instances = this.#makeInstances(parts);
    const staging = new StagingRunner(deaId, parts.stager, parts.actual);
    this.#stopParts = async leaveAppsRunning => {
      await staging.leave();
      await (leaveAppsRunning ? instances.leave() : instances.stop());
      this.#closing.abort();
      await parts.logs.stop();
      await parts.actual.stop(LAST_WRITES_MS);
    };
    resumeInstances(instances, resumptions, snapshot);
    resumeStaging(staging, snapshot, reported, deaId);
    follow(watch, instances, staging);
    this.#advertise(stores);
    this.#answerStats(instances);
  }

  #openDoors(): void {
    const { bus, hostnet, clock = systemClock } = this.#options;
    const doors = new RouterDoors({ bus, hostnet, clock, log: this.#log });
    this.#end.push(() => doors.stop());
  }

  #makeInstances({ host, droplets }: DeaParts): Instances {
    const instances = new Instances(host, () => tidier.schedule());
    const tidier = new DropletTidier({
      droplets,
      inUse: () => new Set(instances.all().map(({ desired }) => desired.dropletGuid)),
      graceMs: DROPLET_GRACE_MS,
      log: this.#log,
    });
    tidier.schedule();
    this.#end.push(() => tidier.stop());
    return instances;
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
        thrown => this.#log.warn({ reason: reasonOf(thrown) }, 'usage cannot be read'),
      );
    });
    this.#end.push(() => subscription.unsubscribe());
  }
}

/** Every change of what is desired takes effect from here on. */
function follow(watch: DesiredWatch, instances: Instances, staging: StagingRunner): void {
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
}
