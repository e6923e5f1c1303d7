/** The part of a route that decides which requests are its own. */
export interface RoutePattern {
  /** `host.domain/path`; the first label may be `*`. */
  readonly url: string;
}

/**
 * The route that a router chooses for a request: the exact host before a wildcard, the longest
 * wildcard before a shorter one, and of one host the longest path that the request's begins with.
 */
export function matchRoute<R extends RoutePattern>(
  host: string,
  path: string,
  routes: readonly R[],
): R | undefined {
  for (const candidate of hostsFor(host.toLowerCase())) {
    let best: R | undefined;
    for (const route of routes) {
      const [routeHost, routePath] = split(route.url);
      if (routeHost !== candidate || !isBelow(path, routePath)) continue;
      if (best === undefined || routePath.length > split(best.url)[1].length) best = route;
    }
    if (best !== undefined) return best;
  }
  return undefined;
}

/** `a.b.c`, `*.b.c`, `*.c` */
function hostsFor(host: string): string[] {
  const labels = host.split('.');
  return [host, ...labels.slice(1).map((_, index) => `*.${labels.slice(index + 1).join('.')}`)];
}

function split(url: string): [host: string, path: string] {
  const slash = url.indexOf('/');
  return slash < 0
    ? [url.toLowerCase(), '']
    : [url.slice(0, slash).toLowerCase(), url.slice(slash)];
}

function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`) || prefix === '';
}
