import type { FastifyInstance, FastifyRequest } from 'fastify';
import { SprueError } from '../../core/errors.ts';
import type { Authority } from '../auth/authority.ts';
import type { Actor } from '../services.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Served to anybody. Everything else wants a token. */
    readonly isPublic?: boolean;
  }
  interface FastifyRequest {
    actor: Actor | undefined;
  }
}

/** Asks for a token on every route that does not say `isPublic`. The one place that decides. */
export function requireToken(server: FastifyInstance, authority: Authority): void {
  server.decorateRequest('actor', undefined);
  server.addHook('onRequest', async request => {
    if (request.is404 || request.routeOptions.config.isPublic === true) return;
    request.actor = authority.authenticate(bearerToken(request));
  });
}

/** RFC 6750 §2.1 */
function bearerToken(request: FastifyRequest): string {
  const { authorization } = request.headers;
  if (authorization === undefined) throw new SprueError('NOT_AUTHENTICATED');
  const [, token] = /^bearer +(\S+)$/i.exec(authorization) ?? [];
  if (token === undefined)
    throw new SprueError('INVALID_TOKEN', { reason: 'it is no bearer token' });
  return token;
}

/** Who makes a request that {@link requireToken} let through. */
export function actorOf(request: FastifyRequest): Actor {
  if (request.actor === undefined) throw new SprueError('NOT_AUTHENTICATED');
  return request.actor;
}
