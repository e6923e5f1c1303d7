import { type FSWatcher, readdirSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { InstanceId } from '../core/ids.ts';

/** Exit code when nobody saw the end: the machine was restarted, or conmon was killed. */
export const UNKNOWN_EXIT = 255;

const POLL_MS = 1_000;
/** Looking for lost containers reads /proc for each; once in so many polls is enough. */
const POLLS_PER_SEARCH = 5;

type Settle = (code: number) => void;

/**
 * Waits for exit files. One watch and one timer for all containers, and none when nobody waits.
 * The timer is there because inotify may lose events.
 */
export class ExitWatch {
  readonly #folder: string;
  readonly #isLost: (instanceId: InstanceId) => boolean;
  readonly #waiting = new Map<InstanceId, Set<Settle>>();
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #polls = 0;

  /** @param isLost whether a container has ended and no exit file will ever come */
  constructor(folder: string, isLost: (instanceId: InstanceId) => boolean) {
    this.#folder = folder;
    this.#isLost = isLost;
  }

  /** @returns the exit code of the container's first process, or {@link UNKNOWN_EXIT}. */
  async wait(instanceId: InstanceId, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    this.#add(instanceId, resolve);
    try {
      this.#look(instanceId); // after the watch is set: no gap
      this.#search(instanceId);
      return await promise;
    } finally {
      signal.removeEventListener('abort', abort);
      this.#remove(instanceId, resolve);
    }
  }

  /** Answers all who wait for a container that is about to be removed. */
  settle(instanceId: InstanceId): void {
    this.#tell(instanceId, this.#read(instanceId) ?? UNKNOWN_EXIT);
  }

  #add(instanceId: InstanceId, settle: Settle): void {
    const waiting = this.#waiting.get(instanceId) ?? new Set();
    this.#waiting.set(instanceId, waiting.add(settle));
    this.#watcher ??= this.#watch();
    this.#timer ??= setInterval(() => this.#poll(), POLL_MS);
  }

  #remove(instanceId: InstanceId, settle: Settle): void {
    const waiting = this.#waiting.get(instanceId);
    waiting?.delete(settle);
    if (waiting?.size === 0) this.#waiting.delete(instanceId);
    if (this.#waiting.size > 0) return;
    this.#watcher?.close();
    this.#watcher = undefined;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Without inotify, of which a machine has few instances, the timer alone has to do. */
  #watch(): FSWatcher | undefined {
    try {
      const watcher = watch(this.#folder, (_, name) => this.#look(name as InstanceId));
      return watcher.on('error', () => {}); // the timer goes on
    } catch {
      return undefined;
    }
  }

  #poll(): void {
    for (const name of this.#files()) this.#look(name as InstanceId);
    this.#polls += 1;
    if (this.#polls % POLLS_PER_SEARCH !== 0) return;
    for (const instanceId of this.#waiting.keys()) this.#search(instanceId);
  }

  #look(instanceId: InstanceId): void {
    if (!this.#waiting.has(instanceId)) return;
    const code = this.#read(instanceId);
    if (code !== undefined) this.#tell(instanceId, code);
  }

  #search(instanceId: InstanceId): void {
    if (this.#isLost(instanceId)) this.settle(instanceId);
  }

  #tell(instanceId: InstanceId, code: number): void {
    for (const settle of this.#waiting.get(instanceId) ?? []) settle(code);
  }

  #files(): readonly string[] {
    try {
      return readdirSync(this.#folder);
    } catch {
      return [];
    }
  }

  #read(instanceId: InstanceId): number | undefined {
    try {
      const text = readFileSync(join(this.#folder, instanceId), 'utf8');
      return text === '' ? undefined : Number.parseInt(text, 10);
    } catch {
      return undefined;
    }
  }
}
