import type { Bus } from '../bus/bus.ts';

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
