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
import { observeContainer } from './observe-container.ts';
import { observeHostNat } from './observe-host-nat.ts';
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

interface ArmedTrace {
  readonly appGuids: readonly string[];
  readonly endMs: number;
}

/** Host port, NAT, veth and what is in the container. */
export class DeaCollector implements Collector {
  readonly role = 'dea';
  readonly #options: DeaCollectorOptions;
  readonly #watch: SynWatch;
  readonly #armed = new Map<string, ArmedTrace>();

  constructor(options: DeaCollectorOptions) {
    this.#options = options;
    this.#watch = new SynWatch(TABLE, options.log);
  }

  async tidy(): Promise<void> {
    this.#armed.clear();
    await this.#watch.change(async () => undefined);
  }

  async arm({ id, appGuids, forMs }: TraceStart): Promise<string | undefined> {
    this.#armed.set(id, { appGuids, endMs: performance.now() + forMs });
    await this.#watch.change(() => this.#scope());
    return this.#watch.problem;
  }

  async look(start: TraceStart, record: RouterObservation): Promise<Observation[]> {
    const mine = record.attempts.filter(
      ({ endpoint, appGuid }) => endpoint.host === this.#options.address && appGuid !== undefined,
    );
    if (mine.length === 0) return [];
    const attachments = await this.#options.hostnet.list();
    const seen = await Promise.all(
      mine.map(attempt => this.#lookAt(start, record, attempt, attachments)),
    );
    return seen.flat();
  }

  /** Without a router nothing is dialled. */
  async lookWithoutRouter(): Promise<Observation[]> {
    return [];
  }

  async disarm(id: string): Promise<void> {
    if (this.#armed.delete(id)) await this.#watch.change(() => this.#scope());
  }

  async #lookAt(
    start: TraceStart,
    record: RouterObservation,
    attempt: TraceAttempt,
    attachments: readonly Attachment[],
  ): Promise<Observation[]> {
    const { deaId: agent, warden } = this.#options;
    const context = { start, agent, subject: { requestId: record.requestId, attempt: attempt.n } };
    const attachment =
      attachments.find(({ mapping }) => mapping?.hostPort === attempt.endpoint.port) ??
      attachments.find(({ instanceId }) => instanceId === attempt.instanceId);
    const [nat, container] = await Promise.all([
      observeHostNat(context, attempt, this.#watch),
      attachment && observeContainer(context, attempt, attachment, warden),
    ]);
    return container === undefined ? [nat] : [nat, container];
  }

  async #scope(): Promise<WatchScope | undefined> {
    const nowMs = performance.now();
    const armed = [...this.#armed.values()];
    const forMs = Math.max(0, ...armed.map(({ endMs }) => endMs - nowMs));
    if (armed.length === 0) return undefined;
    const traced = new Set(armed.flatMap(({ appGuids }) => appGuids));
    const attachments = await this.#options.hostnet.list();
    const otherPorts = attachments
      .filter(({ appGuid }) => !traced.has(appGuid))
      .flatMap(({ mapping }) => mapping?.hostPort ?? []);
    return { type: 'host-ports', otherPorts, forMs };
  }
}
