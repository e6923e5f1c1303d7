import { SprueError } from '../../core/errors.ts';
import { isHostLabel } from './names.ts';

/** Where a route lies: `host` may be empty (the domain itself) or `*`. */
export interface RouteAddress {
  readonly host: string;
  readonly path: string;
}

const MAX_PATH = 128;

/**
 * @returns the host in lower case. @throws SprueError `ROUTE_INVALID`
 */
export function checkRouteAddress(host: string, path: string, domain: string): RouteAddress {
  const lower = host.toLowerCase();
  const route = `${lower === '' ? '' : `${lower}.`}${domain}${path}`;
  const reason = hostProblem(lower) ?? pathProblem(path) ?? lengthProblem(lower, domain);
  if (reason !== undefined) throw new SprueError('ROUTE_INVALID', { route, reason });
  return { host: lower, path };
}

function hostProblem(host: string): string | undefined {
  if (host === '' || host === '*') return undefined;
  if (host.startsWith('*.')) return 'a “*” stands for the whole host, nothing beside it';
  // A host of several labels is allowed, as in Cloud Foundry: each obeys RFC 1123.
  const bad = host.split('.').find(label => !isHostLabel(label));
  if (bad === undefined) return undefined;
  return `“${bad}” is not allowed in a host name (letters, digits and “-”, at most 63, “-” neither first nor last)`;
}

function pathProblem(path: string): string | undefined {
  if (path === '') return undefined;
  if (!path.startsWith('/')) return 'the path must begin with “/”';
  if (path === '/') return 'the path “/” says nothing; leave it out';
  if (path.length > MAX_PATH) return `the path is longer than ${MAX_PATH} characters`;
  if (path.includes('?') || path.includes('#')) return 'the path must not hold “?” or “#”';
  if (!/^[\x21-\x7e]+$/.test(path)) return 'the path must be printable ASCII without spaces';
  return undefined;
}

function lengthProblem(host: string, domain: string): string | undefined {
  if (host.length + 1 + domain.length <= 253) return undefined;
  return 'host and domain together are longer than 253 characters';
}

/** `host.domain/path`, the form that routers and people see. */
export function routeUrl(address: RouteAddress, domain: string): string {
  return `${address.host === '' ? '' : `${address.host}.`}${domain}${address.path}`;
}

/**
 * Splits a route as a manifest writes it into a known domain and the rest. The longest domain that
 * matches wins (Cloud Foundry, apply_manifest).
 * @throws SprueError `ROUTE_INVALID`, `DOMAIN_UNKNOWN`
 */
export function splitRoute<D extends { readonly name: string }>(
  route: string,
  domains: readonly D[],
): RouteAddress & { readonly domain: D } {
  const bare = route.replace(/^https?:\/\//i, '');
  const slash = bare.indexOf('/');
  const fqdn = (slash < 0 ? bare : bare.slice(0, slash)).toLowerCase();
  const path = slash < 0 ? '' : bare.slice(slash).replace(/\/+$/, '');
  if (/^tcp:\/\//i.test(route) || fqdn.includes(':')) {
    throw new SprueError('ROUTE_INVALID', { route, reason: 'a route has no port' });
  }
  if (fqdn === '') throw new SprueError('ROUTE_INVALID', { route, reason: 'it has no host' });
  const domain = longestDomain(fqdn, domains);
  if (domain === undefined) {
    const known = domains.map(one => one.name).join(', ') || 'none';
    throw new SprueError('DOMAIN_UNKNOWN', { route, domains: known });
  }
  const host = fqdn === domain.name ? '' : fqdn.slice(0, -domain.name.length - 1);
  return { domain, ...checkRouteAddress(host, path, domain.name) };
}

function longestDomain<D extends { readonly name: string }>(
  fqdn: string,
  domains: readonly D[],
): D | undefined {
  let best: D | undefined;
  for (const domain of domains) {
    const matches = fqdn === domain.name || fqdn.endsWith(`.${domain.name}`);
    if (matches && domain.name.length > (best?.name.length ?? 0)) best = domain;
  }
  return best;
}
