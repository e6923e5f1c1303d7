import type { Log } from '../../core/log.ts';
import type { Attachment, HostNetwork } from '../../hostnet/host-network.ts';
import type {
  Observation,
  RouterObservation,
  TraceAttempt,
  TraceStart,
} from '../../proto/trace.ts';
import type { Warden } from '../../warden/warden.ts';
import type { Collector } from './collector.ts';
import type { LookContext } from './look-context.ts';
import { observeContainer } from './observe-container.ts';
import { observeHostNat } from './observe-host-nat.ts';
import { RecentList } from './recent-list.ts';
import { SynWatch } from './syn-watch.ts';
import type { WatchScope } from './watch-table.ts';

export interface DeaCollectorOptions {
  readonly deaId: string;
  /** Address of this host that routers dial. */
  readonly address: string;
  readonly hostnet: Pick<HostNetwork, 'list'>;
  readonly warden: Pick<Warden, 'list'>;
  readonly log: Log;
}

const TABLE = 'inet sprue-trace-dea';
/** Many traces may begin at once. */
const MAX_AGE_MS = 300;

interface ArmedTrace {
  readonly appGuids: readonly string[];
  readonly endMs: number;
  /** From when on it watches; until then, nothing that it does not see says anything. */
  watchesFromMs: number;
}

/** Host port, NAT, veth and what is in the container. */
export class DeaCollector implements Collector {
  readonly role = 'dea';
  readonly #options: DeaCollectorOptions;
  readonly #watch: SynWatch;
  readonly #attachments: RecentList<Attachment>;
  readonly #armed = new Map<string, ArmedTrace>();

  constructor(options: DeaCollectorOptions) {
    this.#options = options;
    this.#attachments = new RecentList(() => options.hostnet.list());
    this.#watch = new SynWatch(TABLE, () => this.#scope(), options.log);
  }

  async tidy(): Promise<void> {
    this.#armed.clear();
    await this.#watch.update();
  }

  async arm({ id, appGuids, forMs }: TraceStart): Promise<string | undefined> {
    const endMs = performance.now() + forMs;
    const trace: ArmedTrace = { appGuids, endMs, watchesFromMs: Number.POSITIVE_INFINITY };
    this.#armed.set(id, trace);
    await this.#watch.update();
    trace.watchesFromMs = performance.now();
    return this.#watch.problem;
  }

  async look(start: TraceStart, record: RouterObservation): Promise<Observation[]> {
    const mine = record.attempts.filter(
      ({ endpoint, appGuid }) => endpoint.host === this.#options.address && appGuid !== undefined,
    );
    if (mine.length === 0) return [];
    const beganMs = performance.now() - record.totalMs;
    const wasWatching = (this.#armed.get(start.id)?.watchesFromMs ?? beganMs) <= beganMs;
    const context = { start, agent: this.#options.deaId, requestId: record.requestId, wasWatching };
    const seen = await Promise.all(mine.map(attempt => this.#lookAt(context, attempt)));
    return seen.flat();
  }

  /** Without a router nothing is dialled. */
  async lookWithoutRouter(): Promise<Observation[]> {
    return [];
  }

  async disarm(id: string): Promise<void> {
    // What is marked for other traces ends by itself; a narrower scope is not worth a change.
    if (this.#armed.delete(id) && this.#armed.size === 0) await this.#watch.update();
  }

  async #lookAt(context: LookContext, attempt: TraceAttempt): Promise<Observation[]> {
    const [nat, container] = await Promise.all([
      observeHostNat(context, attempt, this.#watch),
      this.#attachmentOf(attempt).then(
        attachment =>
          attachment && observeContainer(context, attempt, attachment, this.#options.warden),
      ),
    ]);
    return container === undefined ? [nat] : [nat, container];
  }

  /** Whoever the host port leads to; without anybody, the instance that the router meant. */
  async #attachmentOf({ endpoint, instanceId }: TraceAttempt): Promise<Attachment | undefined> {
    const isMeant = (item: Attachment) =>
      item.mapping?.hostPort === endpoint.port && item.instanceId === instanceId;
    const known = this.#attachments.last.find(isMeant);
    if (known !== undefined) return known;
    const all = await this.#attachments.read(0);
    return (
      all.find(({ mapping }) => mapping?.hostPort === endpoint.port) ??
      all.find(item => item.instanceId === instanceId)
    );
  }

  async #scope(): Promise<WatchScope | undefined> {
    const nowMs = performance.now();
    const armed = [...this.#armed.values()];
    const forMs = Math.max(0, ...armed.map(({ endMs }) => endMs - nowMs));
    if (armed.length === 0) return undefined;
    const traced = new Set(armed.flatMap(({ appGuids }) => appGuids));
    const attachments = await this.#attachments.read(MAX_AGE_MS);
    const otherPorts = attachments
      .filter(({ appGuid }) => !traced.has(appGuid))
      .flatMap(({ mapping }) => mapping?.hostPort ?? []);
    return { type: 'host-ports', otherPorts, forMs };
  }
}
