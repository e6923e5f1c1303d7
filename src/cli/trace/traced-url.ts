import { SprueError } from '../../core/errors.ts';
import { publicUrl } from '../public-url.ts';

export interface TracedUrl {
  /** Lower case, without port. */
  readonly host: string;
  readonly port: number;
  /** Without query. */
  readonly path: string;
  /** Path and query, as sent. */
  readonly target: string;
  /** Value of the Host header. */
  readonly hostHeader: string;
  /** For people and scripts: values of the query are left out. */
  readonly shown: string;
  /** With the query as it is. */
  readonly full: string;
}

/**
 * What to ask. Without a scheme it is a route: scheme and port are then those of the API's URL.
 * @throws SprueError `USAGE`
 */
export function parseTracedUrl(text: string, api: string): TracedUrl {
  const url = parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : publicUrl(text, api), text);
  if (url.protocol === 'https:') {
    throw usage(`“${text}” is https; routers of this version speak http`);
  }
  if (url.protocol !== 'http:') throw usage(`“${text}” is no http URL`);
  if (url.username !== '' || url.password !== '') {
    throw usage('a URL with a password in it; send the header with -H instead');
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (host.includes(':')) throw usage('an IPv6 address; routes lead over IPv4');
  return {
    host,
    port: url.port === '' ? 80 : Number(url.port),
    path: url.pathname,
    target: `${url.pathname}${url.search}`,
    hostHeader: url.host,
    shown: `http://${url.host}${url.pathname}${withoutValues(url.search)}`,
    full: `http://${url.host}${url.pathname}${url.search}`,
  };
}

function parse(url: string, given: string): URL {
  if (!URL.canParse(url)) throw usage(`“${given}” is no URL`);
  return new URL(url);
}

/** `?token=abc&page=2` → `?token=…&page=…`: values are where secrets are. */
function withoutValues(query: string): string {
  if (query === '') return '';
  const names = query
    .slice(1)
    .split('&')
    .map(pair => pair.split('=', 1)[0]);
  return `?${names.map(name => `${name}=…`).join('&')}`;
}

function usage(reason: string): SprueError {
  return new SprueError('USAGE', { reason, command: 'trace' });
}
