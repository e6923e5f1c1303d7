import { EndpointPool } from './endpoint-pool.ts';
import { HostRoutes } from './host-routes.ts';
import { hostName, type RouteUri } from './route-uri.ts';

/** Longest host name (RFC 1035 §2.3.4) with a port; bounds the work for a hostile Host header. */
const MAX_HOST_LENGTH = 253 + ':65535'.length;

/** From a request's host and path to the pool of its route. */
export class RouteIndex {
  readonly #hosts = new Map<string, HostRoutes>();
  /** By what follows `*.` */
  readonly #wildcards = new Map<string, HostRoutes>();
  #size = 0;

  /** Routes. */
  get size(): number {
    return this.#size;
  }

  /** As {@link RouteTable.lookup}. The first map hit is all that most requests need. */
  lookup(host: string, target: string): EndpointPool | undefined {
    return this.#hosts.get(host)?.match(target) ?? this.#lookupSlow(host, target);
  }

  #lookupSlow(host: string, target: string): EndpointPool | undefined {
    if (host.length > MAX_HOST_LENGTH) return undefined;
    const name = hostName(host);
    if (name !== host) {
      const pool = this.#hosts.get(name)?.match(target);
      if (pool !== undefined) return pool;
    }
    if (this.#wildcards.size === 0) return undefined;
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      const pool = this.#wildcards.get(name.slice(dot + 1))?.match(target);
      if (pool !== undefined) return pool;
    }
    return undefined;
  }

  /** The route's pool, made when it is missing. */
  pool(route: RouteUri): EndpointPool {
    const routes = this.#routesOf(route.host);
    const known = routes.get(route.path);
    if (known !== undefined) return known;
    const pool = new EndpointPool(route.uri);
    routes.set(route.path, pool);
    this.#size++;
    return pool;
  }

  delete(pool: EndpointPool): void {
    const slash = pool.uri.indexOf('/');
    const host = slash < 0 ? pool.uri : pool.uri.slice(0, slash);
    const routes = this.#routesOf(host);
    routes.delete(slash < 0 ? '' : pool.uri.slice(slash));
    this.#size--;
    if (!routes.isEmpty) return;
    if (host.startsWith('*.')) this.#wildcards.delete(host.slice(2));
    else this.#hosts.delete(host);
  }

  *pools(): Generator<EndpointPool> {
    for (const routes of this.#hosts.values()) yield* routes.pools();
    for (const routes of this.#wildcards.values()) yield* routes.pools();
  }

  #routesOf(host: string): HostRoutes {
    const wildcard = host.startsWith('*.');
    const map = wildcard ? this.#wildcards : this.#hosts;
    const name = wildcard ? host.slice(2) : host;
    let routes = map.get(name);
    if (routes === undefined) {
      routes = new HostRoutes();
      map.set(name, routes);
    }
    return routes;
  }
}
