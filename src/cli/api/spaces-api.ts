import type { Organization } from '../../proto/v3/organization.ts';
import type { Space } from '../../proto/v3/space.ts';
import type { PlatformStatus } from '../../proto/v3/status.ts';
import type { Rest } from './rest.ts';

/** Organizations, spaces, and the platform as a whole. One method is one request. */
export class SpacesApi {
  readonly #rest: Rest;

  constructor(rest: Rest) {
    this.#rest = rest;
  }

  orgs(): Promise<readonly Organization[]> {
    return this.#rest.list('/v3/organizations', { order_by: 'name' });
  }

  org(name: string): Promise<Organization | undefined> {
    return this.#rest.first('/v3/organizations', { names: [name] });
  }

  spaces(orgGuid: string): Promise<readonly Space[]> {
    return this.#rest.list('/v3/spaces', { organization_guids: orgGuid, order_by: 'name' });
  }

  space(orgGuid: string, name: string): Promise<Space | undefined> {
    return this.#rest.first('/v3/spaces', { names: [name], organization_guids: orgGuid });
  }

  status(): Promise<PlatformStatus> {
    return this.#rest.get('/sprue/v1/status');
  }
}
