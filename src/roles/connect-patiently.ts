import { setTimeout as delay } from 'node:timers/promises';
import { Bus } from '../bus/bus.ts';
import { reasonOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { NatsSettings } from './role-config.ts';

export interface PatienceOptions {
  /** Shown by the server in its connection list. */
  readonly name: string;
  readonly log: Log;
  /** Tells a person that it waits, and why. */
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
}

const ATTEMPT_MS = 2_000;
const PAUSE_MS = 250;
/** A link that is cut shows after two of these. */
const PING_INTERVAL_MS = 5_000;

/**
 * Connects to NATS; the roles may be started before it. Says once that it waits.
 * @throws SprueError `BUS_UNAVAILABLE` of the last attempt, when `wait_seconds` are up; the signal's
 *   reason when aborted.
 */
export async function connectPatiently(
  { servers, user, password, wait_seconds }: NatsSettings,
  { name, log, tell, signal }: PatienceOptions,
): Promise<Bus> {
  const deadlineMs = performance.now() + wait_seconds * 1_000;
  let told = false;
  for (;;) {
    try {
      return await Bus.connect({
        servers,
        ...(user !== undefined && { user }),
        ...(password !== undefined && { password }),
        name,
        log,
        connectTimeoutMs: ATTEMPT_MS,
        pingIntervalMs: PING_INTERVAL_MS,
      });
    } catch (thrown) {
      signal.throwIfAborted();
      if (performance.now() + PAUSE_MS >= deadlineMs) throw thrown;
      if (!told) tell(`waiting for NATS, at most ${wait_seconds} s: ${reasonOf(thrown)}`);
      told = true;
      await delay(PAUSE_MS, undefined, { signal });
    }
  }
}
