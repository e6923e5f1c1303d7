import type { Domain } from '../../proto/v3/domain.ts';
import type { Destination, Route } from '../../proto/v3/route.ts';
import type { Rest } from './rest.ts';

export interface RouteKey {
  readonly domainGuid: string;
  readonly host: string;
  /** Empty, or begins with `/`. */
  readonly path: string;
}

/** Routes, destinations and domains. One method is one request. */
export class RoutesApi {
  readonly #rest: Rest;

  constructor(rest: Rest) {
    this.#rest = rest;
  }

  ofSpace(spaceGuid: string): Promise<readonly Route[]> {
    return this.#rest.list('/v3/routes', { space_guids: spaceGuid });
  }

  ofApp(appGuid: string): Promise<readonly Route[]> {
    return this.#rest.list(`/v3/apps/${appGuid}/routes`);
  }

  find(key: RouteKey): Promise<Route | undefined> {
    const query = { domain_guids: key.domainGuid, hosts: key.host, paths: key.path };
    return this.#rest.first('/v3/routes', query);
  }

  create(key: RouteKey, spaceGuid: string): Promise<Route> {
    return this.#rest.post('/v3/routes', {
      host: key.host,
      path: key.path,
      relationships: {
        space: { data: { guid: spaceGuid } },
        domain: { data: { guid: key.domainGuid } },
      },
    });
  }

  delete(guid: string): Promise<string | undefined> {
    return this.#rest.delete(`/v3/routes/${guid}`);
  }

  map(routeGuid: string, appGuid: string, port?: number): Promise<unknown> {
    const destination = { app: { guid: appGuid }, ...(port !== undefined && { port }) };
    return this.#rest.post(`/v3/routes/${routeGuid}/destinations`, { destinations: [destination] });
  }

  unmap(routeGuid: string, destination: Destination): Promise<string | undefined> {
    return this.#rest.delete(`/v3/routes/${routeGuid}/destinations/${destination.guid}`);
  }

  domains(): Promise<readonly Domain[]> {
    return this.#rest.list('/v3/domains');
  }

  domain(name: string): Promise<Domain | undefined> {
    return this.#rest.first('/v3/domains', { names: [name] });
  }

  createDomain(name: string, orgGuid: string | undefined): Promise<Domain> {
    const relationships = { organization: { data: { guid: orgGuid } } };
    return this.#rest.post('/v3/domains', {
      name,
      ...(orgGuid !== undefined && { relationships }),
    });
  }

  deleteDomain(guid: string): Promise<string | undefined> {
    return this.#rest.delete(`/v3/domains/${guid}`);
  }
}
