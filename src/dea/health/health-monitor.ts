import { setTimeout as delay } from 'node:timers/promises';
import type { HostPort } from '../../core/address.ts';
import type { HealthCheck } from '../../proto/desired-instance.ts';
import { type ProbeResult, probe } from './probe.ts';

export interface HealthTimings {
  /** Between the first probes of a starting instance. */
  readonly firstIntervalMs: number;
  /** What that interval grows to. */
  readonly longestIntervalMs: number;
  /** Between two probes of a running instance. */
  readonly livenessIntervalMs: number;
  /** Probes of a running instance that may fail in a row; the next one ends it. */
  readonly toleratedFailures: number;
}

export const HEALTH_TIMINGS: HealthTimings = {
  firstIntervalMs: 50,
  longestIntervalMs: 1_000,
  livenessIntervalMs: 10_000,
  toleratedFailures: 2,
};

export interface WatchedInstance {
  readonly check: HealthCheck;
  /** The container's own address: a probe goes past the host's port mapping. */
  readonly target: HostPort;
  readonly timings: HealthTimings;
  /** Ends the watch with the signal's reason. */
  readonly signal: AbortSignal;
  /** Called after every failed probe of a starting instance. */
  readonly onFailedProbe?: () => Promise<void>;
}

/**
 * Probes a starting instance until it is healthy or its start timeout has passed.
 * @returns `undefined` when healthy, otherwise why it never was, with what the probes said.
 */
export async function awaitHealthy(instance: WatchedInstance): Promise<string | undefined> {
  const { check, target, timings, signal } = instance;
  const startMs = performance.now();
  const timeoutMs = check.startTimeoutSec * 1000;
  const transcript = new Transcript();
  let intervalMs = timings.firstIntervalMs;
  for (;;) {
    const result = await probe(check, target);
    signal.throwIfAborted();
    if (result.healthy) return undefined;
    transcript.add(performance.now() - startMs, result);
    await instance.onFailedProbe?.();
    const leftMs = timeoutMs - (performance.now() - startMs);
    if (leftMs <= 0) return `not healthy within ${check.startTimeoutSec} s (${transcript})`;
    await delay(Math.min(intervalMs, leftMs), undefined, { signal });
    intervalMs = Math.min(intervalMs * 1.25, timings.longestIntervalMs);
  }
}

/**
 * Probes a running instance until several probes in a row have failed.
 * @returns why it counts as unhealthy. An instance with a `process` check never does.
 */
export async function awaitUnhealthy(instance: WatchedInstance): Promise<string> {
  const { check, target, timings, signal } = instance;
  let failures = 0;
  for (;;) {
    await delay(timings.livenessIntervalMs, undefined, { signal });
    const result = await probe(check, target);
    signal.throwIfAborted();
    failures = result.healthy ? 0 : failures + 1;
    if (!result.healthy && failures > timings.toleratedFailures) {
      return `failed its health check ${failures} times in a row (${result.text})`;
    }
  }
}

/** What the probes said, with repetitions left out. */
class Transcript {
  readonly #lines: string[] = [];
  #probes = 0;
  #last = '';

  add(atMs: number, result: Extract<ProbeResult, { healthy: false }>): void {
    this.#probes++;
    if (result.text === this.#last) return;
    this.#last = result.text;
    this.#lines.push(`after ${(atMs / 1000).toFixed(1)} s: ${result.text}`);
    if (this.#lines.length > 5) this.#lines.splice(1, 1); // the first and the newest tell most
  }

  toString(): string {
    return `${this.#probes} probes; ${this.#lines.join('; ')}`;
  }
}
