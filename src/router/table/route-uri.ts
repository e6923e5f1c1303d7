/** A registered route, normalised. */
export interface RouteUri {
  /** Host and path, as in `/routes` of the status server. */
  readonly uri: string;
  readonly host: string;
  /** Empty, or begins with `/` and does not end with one. */
  readonly path: string;
}

/**
 * Lower case, without query and trailing slashes, as gorouter keys its table.
 * @returns `undefined` when there is no host.
 */
export function parseRouteUri(text: string): RouteUri | undefined {
  const query = text.indexOf('?');
  let end = query < 0 ? text.length : query;
  while (end > 0 && text.charCodeAt(end - 1) === SLASH) end--;
  let start = 0;
  while (start < end && text.charCodeAt(start) === SLASH) start++;
  if (start === end) return undefined;
  const uri = text.slice(start, end).toLowerCase();
  const slash = uri.indexOf('/');
  if (slash < 0) return { uri, host: uri, path: '' };
  return { uri, host: uri.slice(0, slash), path: uri.slice(slash) };
}

/** The name in a Host header: lower case, without port; an IPv6 address stays in its brackets. */
export function hostName(host: string): string {
  const end = host.startsWith('[') ? host.indexOf(']') + 1 : host.indexOf(':');
  return (end > 0 ? host.slice(0, end) : host).toLowerCase();
}

const SLASH = 0x2f;
