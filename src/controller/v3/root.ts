import type { FastifyInstance } from 'fastify';
import { type RootDocument, V3_VERSION } from '../../proto/v3/root.ts';
import { baseUrl } from './request-url.ts';

const COLLECTIONS = [
  'apps',
  'audit_events',
  'builds',
  'deployments',
  'domains',
  'droplets',
  'organizations',
  'packages',
  'processes',
  'routes',
  'spaces',
] as const;

/** `GET /` and `GET /v3`: where everything is. */
export function registerRoot(server: FastifyInstance): void {
  server.get('/', { config: { isPublic: true } }, request => {
    const base = baseUrl(request);
    return {
      links: {
        self: { href: base },
        cloud_controller_v3: { href: `${base}/v3`, meta: { version: V3_VERSION } },
        login: { href: base },
        uaa: { href: base },
        log_cache: { href: base },
        network_policy_v1: null,
        routing: null,
        logging: null,
        app_ssh: null,
        sprue: { href: `${base}/sprue/v1` },
      },
    } satisfies RootDocument;
  });
  server.get('/v3', { config: { isPublic: true } }, request => {
    const base = `${baseUrl(request)}/v3`;
    const links = COLLECTIONS.map(name => [name, { href: `${base}/${name}` }] as const);
    return { links: { self: { href: base }, ...Object.fromEntries(links) } };
  });
}
