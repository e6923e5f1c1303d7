import { setTimeout as delay } from 'node:timers/promises';
import { reasonOf } from '../../core/errors.ts';
import { newInstanceId } from '../../core/ids.ts';
import type { Attachment } from '../../hostnet/host-network.ts';
import { instanceKey } from '../../proto/buckets.ts';
import type { DesiredInstance } from '../../proto/desired-instance.ts';
import { Announcement } from '../routes/announcement.ts';
import type { Endpoint } from '../routes/endpoint.ts';
import { actualReport } from './actual-report.ts';
import { discardRun, stopRun } from './end-run.ts';
import { firstOf } from './first-of.ts';
import type { InstanceHost } from './instance-host.ts';
import { endpointOf, type Run } from './run.ts';
import { type CrashCause, crashCause, endLine, type RunEnd } from './run-end.ts';
import { startRun } from './start-run.ts';
import { born, type InstanceEvent, type InstanceStatus, next } from './transition.ts';
import { watchLife, watchStart } from './watch-run.ts';

/** Where an instance's life begins: new, or where an earlier agent left it. */
export interface Beginning {
  readonly desired: DesiredInstance;
  readonly status: InstanceStatus;
  /** The run that the status speaks of, when it was found in the kernel. */
  readonly run: Run | undefined;
}

/** A step that failed for a reason of the host, such as a full disk, is tried again after this time. */
const RETRY_MS = 1_000;

/**
 * Makes one desired instance true for as long as it is wanted. Its life is a loop: the state says what to
 * do, doing it ends in an event, the event gives the next state. So everything about one instance happens
 * in order, and an agent that starts again goes on where the state says.
 */
export class Instance {
  readonly #host: InstanceHost;
  /** What is wanted now; may be ahead of what runs. */
  #wish: DesiredInstance | undefined;
  #desired: DesiredInstance;
  #status: InstanceStatus;
  #run: Run | undefined;
  #attachment: Attachment | undefined;
  /** Aborted when what runs is not wanted any more. */
  #unwanted = new AbortController();
  /** Aborted when the agent ends and leaves its instances running. */
  readonly #leaving = new AbortController();
  readonly #announcement: Announcement;
  #forgotten = false;
  readonly #life: Promise<void>;

  constructor(beginning: Beginning, host: InstanceHost) {
    this.#host = host;
    this.#wish = beginning.desired;
    this.#desired = beginning.desired;
    this.#status = beginning.status;
    this.#run = beginning.run;
    this.#attachment = beginning.run?.attachment;
    this.#announcement = new Announcement({
      routes: host.routes,
      endpoint: () => this.#endpoint(),
      onResult: routable => void this.#apply({ type: 'routable', routable }),
      retryMs: host.timings.routeRetryMs,
    });
    this.#life = this.#live();
  }

  /** The beginning of an instance that never ran. */
  static fresh(desired: DesiredInstance, nowMs: number): Beginning {
    return { desired, status: born(newInstanceId(), nowMs), run: undefined };
  }

  get desired(): DesiredInstance {
    return this.#desired;
  }

  get status(): InstanceStatus {
    return this.#status;
  }

  /** The container that runs, if any. */
  get run(): Run | undefined {
    return this.#run;
  }

  /** Resolves when the instance is unwanted and nothing is left of it, or after {@link leave}. */
  get ended(): Promise<void> {
    return this.#life;
  }

  /** The wish as it is now. Other URIs take effect at once; another version replaces the run. */
  want(desired: DesiredInstance): void {
    this.#wish = desired;
    if (desired.version !== this.#desired.version) return this.#unwanted.abort();
    this.#desired = desired;
    this.#announcement.renew();
  }

  /** Stops it gracefully, then forgets it. */
  unwant(): void {
    this.#wish = undefined;
    this.#unwanted.abort();
  }

  /** Ends the watch over the instance and leaves it running, for the next agent. */
  async leave(): Promise<void> {
    this.#leaving.abort();
    await this.#life;
  }

  async #live(): Promise<void> {
    let step = () => this.#resume();
    while (!this.#forgotten) {
      try {
        await step();
        step = () => this.#step();
      } catch (thrown) {
        if (this.#leaving.signal.aborted) return;
        const { guid } = this.#desired;
        this.#host.log.error({ guid, reason: reasonOf(thrown) }, 'a step of an instance failed');
        await delay(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  async #resume(): Promise<void> {
    await this.#report();
    if (this.#run !== undefined) await this.#host.logs.follow(this.#desired, this.#run.instanceId);
  }

  async #step(): Promise<void> {
    this.#leaving.signal.throwIfAborted();
    switch (this.#status.state) {
      case 'STARTING':
        return await this.#whileStarting();
      case 'RUNNING':
        return await this.#whileRunning();
      case 'CRASHED':
        return await this.#afterCrash(this.#status.nextStartMs);
      case 'STOPPING':
        return await this.#whileStopping();
      case 'STOPPED':
        return await this.#afterStop();
      default:
        throw this.#status satisfies never;
    }
  }

  async #whileStarting(): Promise<void> {
    try {
      if (!this.#unwanted.signal.aborted) {
        this.#run ??= await this.#host.slots.run(() => this.#create());
      }
    } catch (thrown) {
      this.#leaving.signal.throwIfAborted();
      if (!this.#unwanted.signal.aborted) {
        return await this.#crash({ reason: `failed to start: ${reasonOf(thrown)}` });
      }
    }
    const run = this.#run;
    if (run === undefined) return await this.#apply({ type: 'stop', atMs: this.#now() });
    await this.#becomeHealthy(run);
  }

  async #create(): Promise<Run> {
    const run = await startRun(this.#desired, this.#status.instanceId, this.#host, {
      signal: this.#interrupted(),
      onAttached: attachment => {
        this.#attachment = attachment;
        this.#publish();
      },
    });
    await this.#host.logs.follow(this.#desired, run.instanceId);
    return run;
  }

  async #becomeHealthy(run: Run): Promise<void> {
    const probed = this.#desired.healthCheck.type !== 'process';
    if (probed) this.#say('Starting health monitoring of container');
    const end = await watchStart(this.#watch(run), problem => {
      if (this.#status.state === 'STARTING') void this.#apply({ type: 'listening', problem });
    });
    if (end !== 'healthy') return await this.#endRun(end);
    if (probed) this.#say('Container became healthy');
    const routable = this.#desired.uris.length === 0;
    await this.#apply({ type: 'healthy', atMs: this.#now(), routable });
  }

  async #whileRunning(): Promise<void> {
    const run = this.#run;
    if (run === undefined) return await this.#endRun({ type: 'vanished' });
    this.#announcement.renew();
    await this.#endRun(await watchLife(this.#watch(run)));
  }

  /** A run has ended or must end; `undefined`: because it is not wanted any more. */
  async #endRun(end: RunEnd | undefined): Promise<void> {
    this.#leaving.signal.throwIfAborted();
    if (end === undefined) return await this.#apply({ type: 'stop', atMs: this.#now() });
    this.#say(endLine(end, this.#desired));
    await this.#crash(crashCause(end, this.#desired));
  }

  async #crash(cause: CrashCause): Promise<void> {
    const { logs, log } = this.#host;
    const lastLines = await logs.lastLines(this.#status.instanceId).catch(() => []);
    await this.#apply({ type: 'crashed', atMs: this.#now(), lastLines, ...cause });
    log.info({ guid: this.#desired.guid, reason: cause.reason }, 'instance crashed');
  }

  /** Clears away, and starts again when it is time. */
  async #afterCrash(nextStartMs: number): Promise<void> {
    if (this.#run !== undefined) {
      const withdrawn = this.#withdraw(this.#run);
      await this.#discard();
      void withdrawn.then(freePort => freePort()); // a router that is away must not delay the restart
    }
    const waitMs = Math.max(0, nextStartMs - this.#now());
    const due = await firstOf(this.#interrupted(), [
      signal => delay(waitMs, true, { signal, ref: false }),
    ]);
    this.#leaving.signal.throwIfAborted();
    const atMs = this.#now();
    if (due === undefined) return await this.#apply({ type: 'stop', atMs });
    await this.#apply({ type: 'start', atMs, instanceId: newInstanceId() });
  }

  async #whileStopping(): Promise<void> {
    const run = this.#run;
    if (run !== undefined) {
      const { hostnet, deaId } = this.#host;
      const confirmed = await stopRun(this.#desired, run, this.#host, this.#leaving.signal);
      await this.#discard();
      if (confirmed) hostnet.freePort(run.attachment.mapping.hostPort);
      this.#say(`Cell ${deaId} destroyed container for instance ${run.instanceId}`);
    } else {
      await this.#discard();
    }
    await this.#apply({ type: 'gone', atMs: this.#now() });
  }

  /** Starts again when it is still wanted, in another version, or wanted again. */
  async #afterStop(): Promise<void> {
    if (this.#wish === undefined) {
      await this.#host.records.remove(this.#desired.guid);
      if (this.#wish === undefined) {
        this.#host.actual.delete(this.#key());
        this.#forgotten = true;
        return;
      }
    }
    this.#desired = this.#wish;
    this.#unwanted = new AbortController();
    await this.#apply({ type: 'start', atMs: this.#now(), instanceId: newInstanceId() });
  }

  /** @returns what to do about the host port once its network is gone. */
  async #withdraw(run: Run): Promise<() => void> {
    const { routes, hostnet } = this.#host;
    const confirmed = await routes.withdraw(endpointOf(this.#desired, run, this.#now()));
    return () => confirmed && hostnet.freePort(run.attachment.mapping.hostPort);
  }

  async #discard(): Promise<void> {
    await this.#host.slots.run(() => discardRun(this.#status.instanceId, this.#host));
    this.#run = undefined;
    this.#attachment = undefined;
  }

  /** What routers should know now. */
  #endpoint(): Endpoint | undefined {
    if (this.#status.state !== 'RUNNING' || this.#run === undefined) return undefined;
    if (this.#interrupted().aborted) return undefined;
    return endpointOf(this.#desired, this.#run, this.#now());
  }

  #watch(run: Run) {
    return { desired: this.#desired, run, host: this.#host, signal: this.#interrupted() };
  }

  #interrupted(): AbortSignal {
    return AbortSignal.any([this.#unwanted.signal, this.#leaving.signal]);
  }

  async #apply(event: InstanceEvent): Promise<void> {
    const before = this.#status.state;
    this.#status = next(this.#status, event);
    if (this.#status.state === before) this.#publish();
    else await this.#report();
  }

  /** Down on this host's disk first, then to everybody. */
  async #report(): Promise<void> {
    await this.#host.records.save({ desired: this.#desired, status: this.#status });
    this.#publish();
  }

  #publish(): void {
    this.#host.actual.put(this.#key(), actualReport(this.#desired, this.#status, this.#attachment));
  }

  #key(): string {
    return instanceKey(this.#host.deaId, this.#desired.guid);
  }

  #say(text: string): void {
    this.#host.logs.say(this.#desired, text);
  }

  #now(): number {
    return this.#host.clock.now();
  }
}
