import { AppsApi } from './apps-api.ts';
import { EdgesApi } from './edges-api.ts';
import { LogsApi } from './logs-api.ts';
import { Rest } from './rest.ts';
import { RoutesApi } from './routes-api.ts';
import type { Session } from './session.ts';
import { SpacesApi } from './spaces-api.ts';
import { StagingApi } from './staging-api.ts';
import { TracesApi } from './traces-api.ts';

/** The V3 API as the command line uses it. */
export class Api {
  readonly session: Session;
  readonly apps: AppsApi;
  readonly staging: StagingApi;
  readonly routes: RoutesApi;
  readonly spaces: SpacesApi;
  readonly logs: LogsApi;
  readonly traces: TracesApi;
  readonly edges: EdgesApi;

  constructor(session: Session) {
    this.session = session;
    const rest = new Rest(session);
    this.apps = new AppsApi(rest);
    this.staging = new StagingApi(rest);
    this.routes = new RoutesApi(rest);
    this.spaces = new SpacesApi(rest);
    this.logs = new LogsApi(rest);
    this.traces = new TracesApi(rest);
    this.edges = new EdgesApi(rest);
  }
}
