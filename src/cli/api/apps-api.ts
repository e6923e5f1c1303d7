import type {
  App,
  AppEnv,
  AppEnvironmentVariables,
  EnvironmentVariablesUpdate,
} from '../../proto/v3/app.ts';
import type { AuditEvent } from '../../proto/v3/audit-event.ts';
import type { Droplet } from '../../proto/v3/droplet.ts';
import type { Process, ProcessScale, ProcessUpdate } from '../../proto/v3/process.ts';
import type { InstanceStats, ProcessStats } from '../../proto/v3/process-stats.ts';
import type { Rest } from './rest.ts';

/** Apps, their processes and environment. One method is one request. */
export class AppsApi {
  readonly #rest: Rest;

  constructor(rest: Rest) {
    this.#rest = rest;
  }

  list(spaceGuid: string): Promise<readonly App[]> {
    return this.#rest.list('/v3/apps', { space_guids: spaceGuid, order_by: 'name' });
  }

  byNames(spaceGuid: string, names: readonly string[]): Promise<readonly App[]> {
    return this.#rest.list('/v3/apps', { names, space_guids: spaceGuid });
  }

  byGuids(guids: readonly string[]): Promise<readonly App[]> {
    return this.#rest.list('/v3/apps', { guids });
  }

  get(guid: string): Promise<App> {
    return this.#rest.get(`/v3/apps/${guid}`);
  }

  rename(guid: string, name: string): Promise<App> {
    return this.#rest.patch(`/v3/apps/${guid}`, { name });
  }

  act(guid: string, action: 'start' | 'stop' | 'restart'): Promise<App> {
    return this.#rest.post(`/v3/apps/${guid}/actions/${action}`);
  }

  delete(guid: string): Promise<string | undefined> {
    return this.#rest.delete(`/v3/apps/${guid}`);
  }

  env(guid: string): Promise<AppEnv> {
    return this.#rest.get(`/v3/apps/${guid}/env`);
  }

  updateEnv(guid: string, update: EnvironmentVariablesUpdate): Promise<AppEnvironmentVariables> {
    return this.#rest.patch(`/v3/apps/${guid}/environment_variables`, update);
  }

  currentDroplet(guid: string): Promise<Droplet> {
    return this.#rest.get(`/v3/apps/${guid}/droplets/current`);
  }

  setCurrentDroplet(guid: string, dropletGuid: string): Promise<unknown> {
    const body = { data: { guid: dropletGuid } };
    return this.#rest.patch(`/v3/apps/${guid}/relationships/current_droplet`, body);
  }

  processes(guid: string): Promise<readonly Process[]> {
    return this.#rest.list(`/v3/apps/${guid}/processes`);
  }

  /** Processes of a whole space, each with its instances' states. */
  processesOfSpace(spaceGuid: string): Promise<readonly Process[]> {
    const query = { space_guids: spaceGuid, embed: 'process_instances' };
    return this.#rest.list('/v3/processes', query);
  }

  process(guid: string, type: string): Promise<Process> {
    return this.#rest.get(`/v3/apps/${guid}/processes/${encodeURIComponent(type)}`);
  }

  updateProcess(processGuid: string, update: ProcessUpdate): Promise<Process> {
    return this.#rest.patch(`/v3/processes/${processGuid}`, update);
  }

  scale(guid: string, type: string, scale: ProcessScale): Promise<Process> {
    const path = `/v3/apps/${guid}/processes/${encodeURIComponent(type)}/actions/scale`;
    return this.#rest.post(path, scale);
  }

  async stats(processGuid: string, signal?: AbortSignal): Promise<readonly InstanceStats[]> {
    const path = `/v3/processes/${processGuid}/stats`;
    const stats = await this.#rest.get<ProcessStats>(path, signal ? { signal } : {});
    return stats.resources;
  }

  /** Newest first. */
  events(guid: string, limit: number): Promise<{ readonly resources: readonly AuditEvent[] }> {
    const query = { target_guids: guid, order_by: '-created_at', per_page: limit, page: 1 };
    return this.#rest.get('/v3/audit_events', { query });
  }
}
