import type { Ipv4 } from '../core/address.ts';
import { systemClock } from '../core/clock.ts';
import { hasCode, reasonOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { EdgeLease, FloatingIp } from '../proto/edge.ts';
import { describeEdge } from './describe-edge.ts';
import { EdgeLeases } from './edge-lease.ts';
import type { EdgeOptions } from './edge-options.ts';
import { EdgeStateFile } from './edge-state.ts';
import { wantedNat } from './floating-ip/changes.ts';
import { DEFAULT_PORTS, FloatingNat } from './floating-ip/floating-nat.ts';
import { isInPool } from './floating-ip/outside-addresses.ts';
import { type Placement, planPlacements } from './floating-ip/plan.ts';
import { tearDownFloatingIps } from './floating-ip/tear-down.ts';
import { FloatingIpList } from './floating-ip-list.ts';
import { nameAddresses } from './name-addresses.ts';
import { NameService } from './name-service.ts';
import { probeRouter } from './probe-router.ts';
import { Repeater } from './repeater.ts';
import { type RouterSeat, RouterWatch } from './router-watch.ts';
import { openStores } from './stores.ts';

/** How often the kernel is compared with what it should be although nothing has changed. */
const COMPARE_MS = 15_000;
const RETRY_MS = 1_000;

/**
 * The network node: answers DNS for the platform's domains and leads floating IPs to healthy routers.
 * It may be killed and started again at any time; packets flow without it.
 */
export class Edge {
  readonly #options: EdgeOptions;
  readonly #log: Log;
  readonly #startedMs: number;
  readonly #state: EdgeStateFile;
  readonly #names: NameService;
  readonly #nat: FloatingNat | undefined;
  readonly #routers: RouterWatch;
  readonly #kernel: Repeater;
  readonly #abort = new AbortController();
  readonly #floatingIps: FloatingIpList;
  #placements: ReadonlyMap<Ipv4, Placement> = new Map();
  /** What the kernel had at the start. */
  #heldBefore: ReadonlySet<Ipv4> = new Set();
  #isClaimed = false;
  #leases: EdgeLeases | undefined;
  #problem: string | undefined;
  #review: NodeJS.Timeout | undefined;

  private constructor(
    options: EdgeOptions,
    parts: { state: EdgeStateFile; names: NameService; nat: FloatingNat | undefined },
  ) {
    const { bus, log, clock = systemClock } = options;
    this.#options = options;
    this.#log = log;
    this.#startedMs = clock.now();
    this.#state = parts.state;
    this.#floatingIps = new FloatingIpList(parts.state.state.floatingIps);
    this.#names = parts.names;
    this.#nat = parts.nat;
    const onChange = () => this.#reconsider();
    this.#routers = new RouterWatch({ bus, clock, log, probe: probeRouter, onChange });
    this.#kernel = new Repeater(() => this.#applyToKernel(), {
      onFailure: thrown => this.#reportKernel(thrown),
      retryMs: RETRY_MS,
    });
  }

  /**
   * Goes on where it was: with what it remembers at once, with what NATS says as soon as that is there.
   * @throws SprueError `ADDRESS_NOT_LOCAL`, `EDGE_INTERFACES_EQUAL`, `EDGE_TABLE_OWNED`,
   *   `FLOATING_POOL_TAKEN`, `EDGE_RUNNING_ELSEWHERE`, and what `DnsServer.listen` throws
   */
  static async start(options: EdgeOptions): Promise<Edge> {
    const { stateDir, log, domains, dns, clock = systemClock, floating, edgeId } = options;
    const state = await EdgeStateFile.open(stateDir, log);
    const { placements, serial } = state.state;
    const routerAddresses = placements.map(({ address }) => address);
    await using opened = new AsyncDisposableStack();
    const service = { ...dns, domains, clock, serial, routerAddresses };
    const names = opened.use(await NameService.open(service));
    const rememberForwarding = (ipForwardBefore: '0') => state.update({ ipForwardBefore });
    const nat =
      floating && (await FloatingNat.open({ ...floating, edgeId, log, rememberForwarding }));
    const edge = new Edge(options, { state, names, nat });
    opened.defer(() => edge.#halt());
    await edge.#goOn();
    await edge.#join();
    opened.move();
    log.info({ edge: edgeId, pool: floating?.pool ?? [] }, 'edge started');
    return edge;
  }

  /** Removes everything that the edge has put on this machine, whether it runs or not. Idempotent. */
  static async tearDown(options: Pick<EdgeOptions, 'edgeId' | 'stateDir' | 'log'>): Promise<void> {
    const { state } = await EdgeStateFile.open(options.stateDir, options.log);
    await tearDownFloatingIps(options.edgeId, state.ipForwardBefore);
    await EdgeStateFile.remove(options.stateDir);
  }

  /** The name server, for those who want to look at its answers. */
  get names(): NameService {
    return this.#names;
  }

  /**
   * @param leaveTraffic floating IPs go on leading to where they lead, for an edge that starts again
   *   soon; else they are gone with everything else
   */
  async stop({ leaveTraffic }: { readonly leaveTraffic: boolean }): Promise<void> {
    await this.#halt();
    await this.#names[Symbol.asyncDispose]();
    if (leaveTraffic) return;
    await this.#leases?.release();
    await Edge.tearDown(this.#options);
  }

  /** Ends everything that this process does by itself. */
  async #halt(): Promise<void> {
    this.#abort.abort();
    clearTimeout(this.#review);
    this.#routers[Symbol.dispose]();
    await this.#kernel.stop();
    await this.#state.update({}).catch(() => {}); // reported where it was asked for
  }

  /** From memory: floating IPs, routers and who serves whom; the kernel is the truth for the last. */
  async #goOn(): Promise<void> {
    const { placements, routers } = this.#state.state;
    const remembered = new Map(placements.map(({ address, ...placement }) => [address, placement]));
    const kernel = await this.#nat?.read();
    const toRouter = kernel?.toRouter ?? new Map<Ipv4, Ipv4>();
    this.#heldBefore = kernel?.floating ?? new Set();
    this.#placements = new Map(
      [...toRouter].map(([address, router]) => {
        const known = remembered.get(address);
        return [address, known?.router === router ? known : { router, sinceMs: this.#startedMs }];
      }),
    );
    this.#routers.start(this.#seats(routers, toRouter.values()));
  }

  /** Routers that the maps lead to but that nobody remembers are there until probes say otherwise. */
  #seats(known: readonly RouterSeat[], mapped: Iterable<Ipv4>): RouterSeat[] {
    const seats = new Map(known.map(seat => [seat.address, seat]));
    const [port = 80] = this.#options.floating?.ports ?? DEFAULT_PORTS;
    for (const address of mapped) {
      if (!seats.has(address)) seats.set(address, { id: '', name: '', address, port });
    }
    return [...seats.values()];
  }

  /** Takes the lease, then does what NATS says. */
  async #join(): Promise<void> {
    const { bus, clock = systemClock, signal } = this.#options;
    const stopped = this.#abort.signal;
    const starting = signal ? AbortSignal.any([signal, stopped]) : stopped;
    const stores = await openStores(bus, { log: this.#log, signal: starting });
    this.#leases = new EdgeLeases({
      bucket: stores.edges,
      ...{ clock, log: this.#log, signal: stopped },
      describe: () => this.#describe(),
      onOthers: () => this.#reconsider(),
    });
    await this.#claim(this.#leases);
    const onChange = () => this.#reconsider();
    const following = { log: this.#log, signal: stopped, onChange };
    await this.#floatingIps.follow(stores.floatingIps, following);
    this.#reconsider();
    const timer = setInterval(() => this.#reconsider(), COMPARE_MS);
    stopped.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  /** One that may not hold its addresses leaves none behind. */
  async #claim(leases: EdgeLeases): Promise<void> {
    try {
      await leases.claim();
      this.#isClaimed = true;
    } catch (thrown) {
      if (this.#nat && isTaken(thrown)) {
        await this.#halt();
        await Edge.tearDown(this.#options);
      }
      throw thrown;
    }
  }

  /** Plans anew; names change at once, the kernel right after. */
  #reconsider(): void {
    if (!this.#floatingIps.isKnown) return; // else all that the kernel has would be taken away
    const { clock = systemClock } = this.#options;
    const nowMs = clock.now();
    this.#problem = this.#leases?.conflict();
    const plan = planPlacements({
      floatingIps: this.#held(),
      healthy: this.#healthy(),
      previous: this.#placements,
      nowMs,
    });
    this.#tellMoves(plan.placements);
    this.#placements = plan.placements;
    this.#names.setAddresses(this.#nameAddresses());
    clearTimeout(this.#review);
    if (plan.reviewAtMs !== undefined) {
      this.#review = setTimeout(() => this.#reconsider(), plan.reviewAtMs - nowMs);
    }
    this.#kernel.ask();
    this.#leases?.publish();
    this.#remember();
  }

  /** The allocated floating IPs that are this edge's to hold; before it has the lease, no new ones. */
  #held(): FloatingIp[] {
    const { floating } = this.#options;
    if (floating === undefined || this.#problem !== undefined) return [];
    return this.#floatingIps
      .all()
      .filter(
        ({ address }) =>
          isInPool(address, floating.pool) &&
          (this.#isClaimed || this.#heldBefore.has(address)) &&
          address !== floating.outsideAddress &&
          address !== floating.insideAddress,
      );
  }

  #healthy(): Map<Ipv4, number | undefined> {
    const up = this.#routers.all().filter(({ health }) => health.state === 'up');
    return new Map(up.map(({ address, health }) => [address, health.recoveredMs]));
  }

  #nameAddresses(): Ipv4[] {
    const elsewhere = this.#leases?.others().flatMap(({ floating }) => floating?.serving ?? []);
    return nameAddresses({
      floatingIps: this.#floatingIps.all(),
      serving: [...this.#placements.keys(), ...(elsewhere ?? []).map(({ address }) => address)],
      healthyRouters: this.#healthy().keys(),
    });
  }

  async #applyToKernel(): Promise<void> {
    if (this.#nat === undefined) return;
    const held = this.#held();
    const own = new Map(held.map(({ address, router }) => [address, router]));
    const dead = this.#routers.all().filter(({ health }) => health.lastFailure === 'silent');
    await this.#nat.apply(
      wantedNat(own.keys(), this.#placements, own),
      new Set(dead.map(({ address }) => address)),
    );
  }

  #reportKernel(thrown: unknown): void {
    this.#log.error(
      { reason: reasonOf(thrown) },
      'floating IPs could not be brought to the kernel',
    );
  }

  #tellMoves(next: ReadonlyMap<Ipv4, Placement>): void {
    for (const address of this.#floatingIps.addresses()) {
      const [from, to] = [this.#placements.get(address)?.router, next.get(address)?.router];
      if (from !== to) this.#log.info({ floating: address, from, to }, 'floating IP moves');
    }
  }

  #remember(): void {
    const update = this.#state.update({
      routers: this.#routers.all().map(({ health: _, ...seat }) => seat),
      floatingIps: this.#floatingIps.all(),
      placements: [...this.#placements].map(([address, placement]) => ({ address, ...placement })),
      serial: this.#names.serial,
    });
    update.catch(thrown =>
      this.#log.warn({ reason: reasonOf(thrown) }, 'state of the edge could not be written'),
    );
  }

  #describe(): EdgeLease {
    return describeEdge({
      options: this.#options,
      startedMs: this.#startedMs,
      placements: this.#placements,
      routers: this.#routers.all(),
      names: this.#names,
      problem: this.#problem,
    });
  }
}

function isTaken(thrown: unknown): boolean {
  return hasCode(thrown, 'FLOATING_POOL_TAKEN') || hasCode(thrown, 'EDGE_RUNNING_ELSEWHERE');
}
