import type { FastifyInstance } from 'fastify';
import { SprueError } from '../../core/errors.ts';
import type { Services } from '../services.ts';
import { listParameter, pageOf } from './list-query.ts';

/** As many as the stream keeps for one target. */
const LIMIT = 500;

export function registerAuditEvents(server: FastifyInstance, { audit }: Services): void {
  server.get<{ Querystring: Record<string, string | undefined> }>(
    '/v3/audit_events',
    async request => {
      const { query } = request;
      const targets = listParameter(query, 'target_guids');
      for (const guid of targets ?? []) checkGuid(guid);
      const types = listParameter(query, 'types');
      const spaces = listParameter(query, 'space_guids');
      const events = await audit.read({
        limit: LIMIT,
        ...(targets && { targetGuids: [...targets] }),
      });
      const selected = events.filter(
        event => (types?.has(event.type) ?? true) && (spaces?.has(event.space?.guid ?? '') ?? true),
      );
      const isDescending = (query['order_by'] ?? '-created_at').startsWith('-');
      return pageOf(request, isDescending ? selected : selected.reverse(), event => event);
    },
  );
}

/** The guid becomes part of a NATS subject. */
function checkGuid(guid: string): void {
  if (/^[0-9a-f-]{1,64}$/.test(guid)) return;
  throw new SprueError('QUERY_INVALID', { reason: `“${guid}” is no guid` });
}
