import { SprueError } from '../core/errors.ts';
import type { Domain } from '../proto/v3/domain.ts';
import type { RouteKey } from './api/routes-api.ts';

export interface RouteParts {
  /** As the user wrote it: `host.domain/path`, or the domain alone. */
  readonly route: string;
  readonly hostname?: string;
  readonly path?: string;
}

/**
 * Which host, domain and path a route means. The longest domain that fits wins, so that `a.b.c` is
 * host `a` of `b.c`, unless `a.b.c` is a domain itself. Pure. @throws SprueError `USAGE`, `NO_SUCH`
 */
export function parseRoute(parts: RouteParts, domains: readonly Domain[]): RouteKey {
  const text = parts.route.toLowerCase().replace(/^https?:\/\//, '');
  const slash = text.indexOf('/');
  const name = slash < 0 ? text : text.slice(0, slash);
  // Paths keep their case: only the scheme and host are without one (RFC 3986 §6.2.2.1).
  const ownPath = slash < 0 ? '' : parts.route.slice(parts.route.length - (text.length - slash));
  const path = normalizePath(parts.path ?? ownPath);
  if (parts.hostname !== undefined) {
    const domain = domains.find(item => item.name === name);
    if (domain) return key(domain, parts.hostname.toLowerCase(), path);
    throw noDomain(name, domains);
  }
  const domain = longestDomain(name, domains);
  if (domain === undefined) throw noDomain(name, domains);
  return key(domain, name.slice(0, -domain.name.length).replace(/\.$/, ''), path);
}

function longestDomain(name: string, domains: readonly Domain[]): Domain | undefined {
  return domains
    .filter(domain => name === domain.name || name.endsWith(`.${domain.name}`))
    .sort((left, right) => right.name.length - left.name.length)[0];
}

const LABEL = /^(?:\*|[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)$/;

function key(domain: Domain, host: string, path: string): RouteKey {
  if (host !== '' && !host.split('.').every(label => LABEL.test(label))) {
    const reason = `“${host}” is no host: letters, digits and dashes, up to 63 of them`;
    throw new SprueError('USAGE', { reason, command: 'map-route' });
  }
  return { domainGuid: domain.guid, host, path };
}

function normalizePath(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  if (trimmed === '' || trimmed.startsWith('/')) return trimmed;
  return `/${trimmed}`;
}

function noDomain(name: string, domains: readonly Domain[]): SprueError {
  const names = domains.map(domain => domain.name).join(', ');
  return new SprueError('NO_SUCH', {
    kind: 'domain',
    name,
    where: ' or above',
    suggestion: '',
    list: `The domains are: ${names || 'none'}; \`sprue create-domain\` makes another.`,
  });
}
