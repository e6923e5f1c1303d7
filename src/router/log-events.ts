import type { Bus } from '../bus/bus.ts';
import type { Log } from '../core/log.ts';
import type { RouteTable } from './table/route-table.ts';

/** Writes the table's changes under the names that gorouter's operators grep for. */
export function logTable(table: RouteTable, log: Log): { readonly pruned: number } {
  const events = { pruned: 0 };
  table.listen({
    endpointAdded: (uri, { key }) => log.debug({ uri, backend: key }, 'endpoint-registered'),
    endpointRemoved: (uri, { key }, reason) => {
      if (reason !== 'stale') {
        return log.debug({ uri, backend: key, reason }, 'endpoint-unregistered');
      }
      events.pruned++;
      log.info({ uri, backend: key }, 'pruned-route');
    },
  });
  return events;
}

/** Says when NATS is gone, again and again while it is, and when it is back. @returns how to stop. */
export function logConnection(bus: Bus, log: Log, intervalMs: number): () => void {
  let reminder: NodeJS.Timeout | undefined;
  const unlisten = bus.onStatus(status => {
    clearInterval(reminder);
    if (status === 'reconnected') return log.info({}, 'nats-connection-reconnected');
    if (status === 'closed') return;
    log.warn({}, 'nats-connection-disconnected');
    reminder = setInterval(() => log.warn({}, 'nats-connection-still-disconnected'), intervalMs);
  });
  return () => {
    clearInterval(reminder);
    unlisten();
  };
}
