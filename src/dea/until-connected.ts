import { setTimeout as delay } from 'node:timers/promises';
import type { Bus } from '../bus/bus.ts';
import { reasonOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';

/** Resolves when NATS is there; at once if it is. @throws the signal's reason. */
export async function untilConnected(
  bus: Pick<Bus, 'connected' | 'onStatus'>,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  if (bus.connected) return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const unlisten = bus.onStatus(status => {
    if (status === 'reconnected') resolve();
  });
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await promise;
  } finally {
    unlisten();
    signal.removeEventListener('abort', onAbort);
  }
}

const RETRY_MS = 1_000;

/** Does something with NATS until it works, however long NATS is away. @throws the signal's reason. */
export async function patiently<T>(
  bus: Pick<Bus, 'connected' | 'onStatus'>,
  task: () => Promise<T>,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): Promise<T> {
  for (;;) {
    await untilConnected(bus, signal);
    try {
      return await task();
    } catch (thrown) {
      log.warn({ reason: reasonOf(thrown) }, 'NATS does not answer yet; what runs is left alone');
      await delay(RETRY_MS, undefined, { signal });
    }
  }
}
