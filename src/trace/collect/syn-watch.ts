import { reasonOf } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { run } from '../../exec/run.ts';
import { which } from '../../exec/which.ts';
import type { Flow } from '../../proto/trace.ts';
import { parseNftTraceLine } from './parse-nft-trace.ts';
import { type SynSighting, SynSightings } from './syn-sightings.ts';
import { TraceMonitor } from './trace-monitor.ts';
import { formatRemoval, formatWatchTable, type WatchScope } from './watch-table.ts';

/** How long `nft monitor trace` may take until it hears anything… */
const STARTS_WITHIN_MS = 400;
/** …and until it has told of all that happened before. */
const CATCHES_UP_WITHIN_MS = 300;

/**
 * Follows the first packets of connections through this host's rules: a table of its own marks them,
 * `nft monitor trace` tells what becomes of them. Neither is there while nobody traces.
 */
export class SynWatch {
  readonly #table: string;
  readonly #log: Log;
  readonly #sightings: SynSightings;
  #monitor: TraceMonitor | undefined;
  /** Changes happen one after the other… */
  #changing: Promise<void> = Promise.resolve();
  /** …and whoever comes while one waits for its turn shares it. */
  #waiting: Promise<void> | undefined;
  #problem: string | undefined;

  readonly #wanted: () => Promise<WatchScope | undefined>;

  /**
   * @param table family and name, e.g. `inet sprue-trace-dea`; nobody else's
   * @param wanted what to watch for at the moment
   */
  constructor(table: string, wanted: () => Promise<WatchScope | undefined>, log: Log) {
    this.#table = table;
    this.#wanted = wanted;
    this.#log = log;
    this.#sightings = new SynSightings(table);
  }

  /** What is wrong with it, in a sentence. While there is something, seeing nothing means nothing. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /**
   * Resolves when what is wanted is watched for. A scope of `undefined` ends the watch and leaves
   * nothing behind. Never rejects: see {@link problem}.
   */
  update(): Promise<void> {
    this.#waiting ??= this.#changing.then(() => {
      this.#waiting = undefined;
      this.#changing = this.#change();
      return this.#changing;
    });
    return this.#waiting;
  }

  async #change(): Promise<void> {
    try {
      await this.#apply(await this.#wanted());
    } catch (thrown) {
      this.#problem = `the first packet is not followed: ${reasonOf(thrown)}`;
      this.#log.warn({ reason: reasonOf(thrown) }, 'trace: watching failed');
    }
  }

  /** What became of the connection's first packet, up to this moment. */
  async find(flow: Flow): Promise<SynSighting | undefined> {
    if ((await this.#monitor?.hears(CATCHES_UP_WITHIN_MS)) === false) {
      this.#problem = 'nft monitor trace is behind';
    }
    return this.#sightings.find(flow);
  }

  /** Whether new connections came faster than they are followed. */
  async hasMissedSome(): Promise<boolean> {
    try {
      const argv = ['nft', 'list', 'counter', ...this.#table.split(' '), 'missed'] as const;
      const { stdout } = await run([which('nft') ?? 'nft', ...argv.slice(1)]);
      return !/packets 0 /.test(stdout);
    } catch {
      return true; // nobody knows
    }
  }

  async #apply(scope: WatchScope | undefined): Promise<void> {
    if (scope === undefined) return this.#end();
    this.#monitor ??= await TraceMonitor.start({
      onLine: line => this.#read(line),
      onFailure: reason => this.#fail(reason),
    });
    const monitor = this.#monitor;
    await nft(formatWatchTable(this.#table, scope, monitor.canaryPort));
    const hears = await monitor.hears(STARTS_WITHIN_MS);
    this.#problem = hears ? undefined : 'nft monitor trace reports nothing';
  }

  async #end(): Promise<void> {
    const monitor = this.#monitor;
    this.#monitor = undefined;
    this.#sightings.clear();
    await Promise.all([nft(formatRemoval(this.#table)), monitor?.stop()]);
  }

  #read(text: string): void {
    const line = parseNftTraceLine(text);
    if (line === undefined) return;
    const { event } = line;
    const isCanary =
      event.type === 'packet' && event.flow.source.port === this.#monitor?.canaryPort;
    if (isCanary) this.#monitor?.heard(event.udpBytes ?? -1);
    else this.#sightings.add(line, text);
  }

  #fail(reason: string): void {
    this.#monitor = undefined;
    this.#problem = `nft monitor trace ended: ${reason}`;
  }
}

async function nft(script: string): Promise<void> {
  await run([which('nft') ?? 'nft', '-f', '-'], { input: script });
}
