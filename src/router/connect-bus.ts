import { setTimeout as delay } from 'node:timers/promises';
import { Bus } from '../bus/bus.ts';
import { reasonOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { RouterConfig } from './config/router-config.ts';

/** How long a router that starts waits for NATS: the two may be started together. */
const FIRST_CONNECT_MS = 30_000;
const ATTEMPT_MS = 2_000;
const PAUSE_MS = 500;

/**
 * Connects, trying again for `patienceMs`, since a router without routes is of no use.
 * @throws SprueError `BUS_UNAVAILABLE` of the last attempt; the signal's reason when aborted.
 */
export async function connectBus(
  nats: RouterConfig['nats'],
  options: { id: string; log: Log; signal?: AbortSignal; patienceMs?: number },
): Promise<Bus> {
  const { id, log, signal, patienceMs = FIRST_CONNECT_MS } = options;
  const endMs = performance.now() + patienceMs;
  for (;;) {
    try {
      return await Bus.connect({
        servers: nats.servers,
        ...(nats.user !== undefined && { user: nats.user }),
        ...(nats.password !== undefined && { password: nats.password }),
        name: `router ${id}`,
        log,
        connectTimeoutMs: ATTEMPT_MS,
        pingIntervalMs: nats.pingIntervalMs,
      });
    } catch (thrown) {
      const leftMs = Math.round(endMs - performance.now());
      if (leftMs < PAUSE_MS) throw thrown;
      log.warn({ reason: reasonOf(thrown), giving_up_in_ms: leftMs }, 'nats-connection-failed');
      await delay(PAUSE_MS, undefined, signal ? { signal } : {});
    }
  }
}
