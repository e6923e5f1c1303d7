import { parse } from 'yaml';
import type { DeploymentFailure } from '../../proto/v3/deployment.ts';
import { fakeToken } from './fake-token.ts';
import {
  type JsonServer,
  type ServedAnswer,
  type ServedRequest,
  serveJson,
} from './json-server.ts';

interface FakeApp {
  readonly guid: string;
  readonly name: string;
  state: 'STARTED' | 'STOPPED';
  readonly manifest: Readonly<Record<string, unknown>>;
}

/** What a test decides about the platform it speaks to. */
export interface FakeBehaviour {
  /** Error of every build. */
  buildError?: string;
  /** Why deployments are given up. */
  deploymentFailure?: DeploymentFailure;
  /** Members of every instance's stats that differ from a well one's. */
  instance?: Readonly<Record<string, unknown>>;
  /** Called for each request; an answer replaces the usual one. */
  intercept?: (request: ServedRequest) => ServedAnswer | undefined;
}

/**
 * The V3 API of a platform on which everything goes well at once, unless told otherwise. It answers the
 * request of an app's URL too, as the router would.
 */
export class FakePlatform implements AsyncDisposable {
  readonly behaviour: FakeBehaviour = {};
  readonly apps: FakeApp[] = [];
  readonly uploads: Buffer[] = [];
  readonly manifests: string[] = [];
  readonly server: JsonServer;

  private constructor(server: JsonServer) {
    this.server = server;
  }

  static async start(): Promise<FakePlatform> {
    let platform: FakePlatform | undefined;
    const server = await serveJson(request => platform?.answer(request) ?? { status: 500 });
    platform = new FakePlatform(server);
    return platform;
  }

  /** Environment of a command line that is logged in to it. */
  env(home: string): Readonly<Record<string, string>> {
    return {
      SPRUE_HOME: home,
      SPRUE_API: this.server.url,
      SPRUE_USER: 'admin',
      SPRUE_PASSWORD: 'secret',
      SPRUE_ORG: 'sprue',
      SPRUE_SPACE: 'dev',
    };
  }

  addApp(name: string, state: FakeApp['state'] = 'STARTED'): FakeApp {
    const app: FakeApp = { guid: `guid-of-${name}`, name, state, manifest: {} };
    this.apps.push(app);
    return app;
  }

  answer(request: ServedRequest): ServedAnswer {
    const replaced = this.behaviour.intercept?.(request);
    if (replaced) return replaced;
    if (request.headers.host !== new URL(this.server.url).host) return { body: 'hello' };
    for (const [pattern, respond] of this.#routes) {
      const match = pattern.exec(`${request.method} ${request.path}`);
      if (match) return respond(request, match.groups ?? {});
    }
    return notFound(`Unknown request ${request.method} ${request.path}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }

  readonly #routes: readonly (readonly [
    RegExp,
    (request: ServedRequest, names: Readonly<Record<string, string>>) => ServedAnswer,
  ])[] = [
    [
      /^POST \/oauth\/token$/,
      () => ({ body: { access_token: fakeToken({ expiresInSec: 600 }), refresh_token: 'r' } }),
    ],
    [/^GET \/v3\/organizations$/, () => list([{ guid: 'org', name: 'sprue' }])],
    [
      /^GET \/v3\/spaces$/,
      ({ query }) => list(isFor(query.get('names'), 'dev') ? [{ guid: 'space', name: 'dev' }] : []),
    ],
    [
      /^POST \/v3\/spaces\/space\/actions\/apply_manifest$/,
      request => this.#applyManifest(request),
    ],
    [/^GET \/v3\/jobs\//, () => ({ body: { state: 'COMPLETE', errors: [] } })],
    [
      /^GET \/v3\/apps$/,
      ({ query }) => {
        const names = query.get('names')?.split(',');
        return list(this.apps.filter(app => names?.includes(app.name) ?? true).map(appResource));
      },
    ],
    [/^GET \/v3\/apps\/(?<app>[^/]+)$/, (_, { app }) => ({ body: appResource(this.#app(app)) })],
    [
      /^DELETE \/v3\/apps\/(?<app>[^/]+)$/,
      (_, { app }) => {
        this.apps.splice(this.apps.indexOf(this.#app(app)), 1);
        return { status: 202, headers: { location: `${this.server.url}/v3/jobs/1` } };
      },
    ],
    [
      /^POST \/v3\/apps\/(?<app>[^/]+)\/actions\/(?<action>start|stop)$/,
      (_, { app, action }) => {
        this.#app(app).state = action === 'start' ? 'STARTED' : 'STOPPED';
        return { body: appResource(this.#app(app)) };
      },
    ],
    [/^PATCH \/v3\/apps\/[^/]+\/relationships\/current_droplet$/, () => ({ body: {} })],
    [
      /^GET \/v3\/apps\/(?<app>[^/]+)\/processes$/,
      (_, { app }) => list([processResource(this.#app(app))]),
    ],
    [
      /^GET \/v3\/processes$/,
      () => list(this.apps.map(app => ({ ...processResource(app), process_instances: [] }))),
    ],
    [
      /^GET \/v3\/processes\/process-of-(?<app>[^/]+)\/stats$/,
      (_, { app }) => ({
        body: { resources: [{ ...instance(this.#app(app)), ...this.behaviour.instance }] },
      }),
    ],
    [/^GET \/v3\/apps\/[^/]+\/droplets\/current$/, () => ({ body: DROPLET })],
    [
      /^GET \/v3\/apps\/(?<app>[^/]+)\/routes$/,
      (_, { app }) => list([routeResource(this.#app(app))]),
    ],
    [/^GET \/v3\/routes$/, () => list(this.apps.map(routeResource))],
    [/^DELETE \/v3\/routes\//, () => ({ status: 204 })],
    [/^POST \/v3\/packages$/, () => ({ body: { guid: 'package', state: 'AWAITING_UPLOAD' } })],
    [
      /^POST \/v3\/packages\/package\/upload$/,
      ({ body }) => {
        this.uploads.push(body);
        return { body: { guid: 'package', state: 'READY', data: {} } };
      },
    ],
    [/^POST \/v3\/builds$/, () => ({ body: { guid: 'build', state: 'STAGING' } })],
    [/^GET \/v3\/builds\/build$/, () => ({ body: this.#build() })],
    [/^GET \/v3\/droplets\/droplet$/, () => ({ body: DROPLET })],
    [/^POST \/v3\/deployments$/, () => ({ body: { guid: 'deployment', status: ACTIVE } })],
    [/^GET \/v3\/deployments\/deployment$/, () => ({ body: this.#deployment() })],
    [/^GET \/api\/v1\/read\//, ({ query }) => ({ body: this.#logs(query) })],
  ];

  #applyManifest(request: ServedRequest): ServedAnswer {
    const text = request.body.toString();
    this.manifests.push(text);
    const { applications } = parse(text) as { applications: { name: string }[] };
    for (const manifest of applications) {
      const known = this.apps.find(({ name }) => name === manifest.name);
      if (!known) {
        const { name } = manifest;
        this.apps.push({ guid: `guid-of-${name}`, name, state: 'STOPPED', manifest });
      }
    }
    return { status: 202, headers: { location: `${request.base}/v3/jobs/apply` } };
  }

  #app(key = ''): FakeApp {
    const found = this.apps.find(({ guid, name }) => guid === key || name === key);
    if (!found) throw new Error(`the test has no app ${key}`);
    return found;
  }

  #build(): object {
    const { buildError: error } = this.behaviour;
    return error === undefined
      ? { guid: 'build', state: 'STAGED', error: null, droplet: { guid: 'droplet' } }
      : { guid: 'build', state: 'FAILED', error, droplet: null };
  }

  #deployment(): object {
    const { deploymentFailure: failure = null } = this.behaviour;
    const reason = failure === null ? 'DEPLOYED' : 'CANCELED';
    return { guid: 'deployment', status: { value: 'FINALIZED', reason }, sprue: { failure } };
  }

  #logs(query: URLSearchParams): object {
    const newest = query.get('descending') === 'true';
    const batch = newest ? [] : [envelope('100', 'STG', '-----> Node.js')];
    return { envelopes: { batch } };
  }
}

const ACTIVE = { value: 'ACTIVE', reason: 'DEPLOYING' };

const DROPLET = {
  guid: 'droplet',
  state: 'STAGED',
  created_at: '2026-01-02T03:04:05Z',
  buildpacks: [{ name: 'node', detect_output: 'Node.js' }],
};

function list(resources: readonly object[]): ServedAnswer {
  return { body: { pagination: { next: null }, resources } };
}

function notFound(detail: string): ServedAnswer {
  const errors = [{ code: 10010, title: 'CF-ResourceNotFound', detail }];
  return { status: 404, body: { errors } };
}

function isFor(names: string | null, name: string): boolean {
  return names === null || names === name;
}

function appResource({ guid, name, state }: FakeApp): object {
  const created = { created_at: '2026-01-02T03:04:05Z', updated_at: '2026-01-02T03:04:05Z' };
  return { guid, name, state, ...created };
}

function processResource({ guid, name }: FakeApp): object {
  return {
    guid: `process-of-${name}`,
    type: 'web',
    command: 'node server.js',
    instances: 1,
    memory_in_mb: 256,
    disk_in_mb: 1024,
    health_check: { type: 'port', data: { timeout: null, invocation_timeout: null } },
    relationships: { app: { data: { guid } } },
  };
}

function routeResource({ guid, name }: FakeApp): object {
  const destinations = [
    { guid: 'd', app: { guid, process: { type: 'web' } }, port: 8080, protocol: 'http1' },
  ];
  const url = `${name}.sprue.localhost`;
  return { guid: `route-of-${name}`, url, host: name, path: '', protocol: 'http', destinations };
}

function instance({ state }: FakeApp): object {
  return {
    type: 'web',
    index: 0,
    state: state === 'STARTED' ? 'RUNNING' : 'DOWN',
    routable: true,
    uptime: 1,
    usage: { cpu: 0.01, mem: 30 * 2 ** 20, disk: 2 ** 20 },
    mem_quota: 2 ** 28,
    disk_quota: 2 ** 30,
    details: null,
    instance_ports: [],
    sprue: {
      current: true,
      network: {
        host: '10.0.0.5',
        host_port: 61001,
        veth: 'w-01234567',
        container_ip: '10.254.0.2',
        container_port: 8080,
      },
      crash: null,
      listen_problem: null,
    },
  };
}

function envelope(timestamp: string, source: string, text: string): object {
  return {
    timestamp,
    instance_id: '0',
    tags: { source_type: source },
    log: { payload: Buffer.from(text).toString('base64'), type: 'OUT' },
  };
}
