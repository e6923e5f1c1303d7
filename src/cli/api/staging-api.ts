import type { Build } from '../../proto/v3/build.ts';
import type { Deployment } from '../../proto/v3/deployment.ts';
import type { Droplet } from '../../proto/v3/droplet.ts';
import type { Job } from '../../proto/v3/job.ts';
import type { Package } from '../../proto/v3/package.ts';
import type { StreamBody } from './http-client.ts';
import { jobPath, type Rest } from './rest.ts';

/** How long an upload may stand still. */
const UPLOAD_STALL_MS = 60_000;

/** From a manifest and a zip to running instances. One method is one request. */
export class StagingApi {
  readonly #rest: Rest;

  constructor(rest: Rest) {
    this.#rest = rest;
  }

  /** @returns the path of the job, or `undefined` when everything is applied. */
  async applyManifest(spaceGuid: string, yaml: string): Promise<string | undefined> {
    const answer = await this.#rest.send({
      method: 'POST',
      path: `/v3/spaces/${spaceGuid}/actions/apply_manifest`,
      headers: { 'content-type': 'application/x-yaml' },
      body: yaml,
    });
    return jobPath(answer);
  }

  job(path: string): Promise<Job> {
    return this.#rest.get(path);
  }

  createPackage(appGuid: string): Promise<Package> {
    const relationships = { app: { data: { guid: appGuid } } };
    return this.#rest.post('/v3/packages', { type: 'bits', relationships });
  }

  /** `body` is a whole multipart form of the given type. */
  async upload(
    packageGuid: string,
    contentType: string,
    body: StreamBody,
    signal?: AbortSignal,
  ): Promise<Package> {
    const answer = await this.#rest.send({
      method: 'POST',
      path: `/v3/packages/${packageGuid}/upload`,
      headers: { 'content-type': contentType },
      body,
      timeoutMs: UPLOAD_STALL_MS,
      ...(signal && { signal }),
    });
    return JSON.parse(answer.text) as Package;
  }

  package(guid: string): Promise<Package> {
    return this.#rest.get(`/v3/packages/${guid}`);
  }

  newestPackage(appGuid: string): Promise<Package | undefined> {
    const query = { app_guids: appGuid, states: 'READY', order_by: '-created_at' };
    return this.#rest.first('/v3/packages', query);
  }

  stagedDroplet(packageGuid: string): Promise<Droplet | undefined> {
    const query = { states: 'STAGED', order_by: '-created_at' };
    return this.#rest.first(`/v3/packages/${packageGuid}/droplets`, query);
  }

  createBuild(packageGuid: string): Promise<Build> {
    return this.#rest.post('/v3/builds', { package: { guid: packageGuid } });
  }

  build(guid: string): Promise<Build> {
    return this.#rest.get(`/v3/builds/${guid}`);
  }

  droplet(guid: string): Promise<Droplet> {
    return this.#rest.get(`/v3/droplets/${guid}`);
  }

  /** Without a droplet the app's current one is deployed again: a rolling restart. */
  createDeployment(appGuid: string, dropletGuid?: string): Promise<Deployment> {
    return this.#rest.post('/v3/deployments', {
      strategy: 'rolling',
      ...(dropletGuid !== undefined && { droplet: { guid: dropletGuid } }),
      relationships: { app: { data: { guid: appGuid } } },
    });
  }

  deployment(guid: string): Promise<Deployment> {
    return this.#rest.get(`/v3/deployments/${guid}`);
  }
}
