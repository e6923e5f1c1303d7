import type { Evidence, RouterObservation } from '../../proto/trace.ts';
import { hostViews } from './views.ts';

/** What a router's machine looks like: its addresses and routes, the client's connection and its own. */
export function routerViews({ client, attempts }: RouterObservation): Promise<Evidence[]> {
  const dialled = attempts.flatMap(({ local, endpoint }) =>
    local ? { source: local, destination: endpoint } : [],
  );
  return hostViews([client, ...dialled]);
}
