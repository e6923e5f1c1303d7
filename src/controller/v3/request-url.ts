import type { FastifyRequest } from 'fastify';

/** `http://api.example.org` as the client wrote it, for links. Routers tell the scheme in a header. */
export function baseUrl(request: FastifyRequest): string {
  const forwarded = request.headers['x-forwarded-proto'];
  const scheme = forwarded === 'https' ? 'https' : request.protocol;
  return `${scheme}://${request.headers.host ?? 'localhost'}`;
}

/**
 * The address that a request came from, as far as it can be known: routers append it to
 * X-Forwarded-For, so the last entry is theirs and the ones before it anybody's.
 */
export function clientAddress(request: FastifyRequest): string {
  const header = request.headers['x-forwarded-for'];
  const list = Array.isArray(header) ? header.join(',') : header;
  return list?.split(',').at(-1)?.trim() || request.ip;
}
