import type { ScalarKind } from './scalar-kinds.ts';

/** What a value of a manifest may be. */
export type ValueKind =
  | ScalarKind
  | 'texts'
  | 'map'
  | 'routes'
  | 'processes'
  | 'metadata'
  | 'applications'
  | 'unsupported'
  | 'anything';

type Keys = Readonly<Record<string, ValueKind>>;

const PROCESS_FIELDS: Keys = {
  command: 'text or null',
  instances: 'count',
  memory: 'size',
  disk_quota: 'size',
  log_rate_limit_per_second: 'anything',
  health_check_type: 'health check',
  health_check_http_endpoint: 'endpoint',
  health_check_invocation_timeout: 'positive',
  timeout: 'positive',
};

/**
 * Keys that a manifest may have, with `-` turned into `_` as Cloud Foundry does. `unsupported` ones
 * are Cloud Foundry's, but Sprue has not what they ask for: refused, rather than ignored.
 */
export const MANIFEST_KEYS = {
  top: { version: 'version', applications: 'applications' },
  app: {
    name: 'text',
    path: 'text',
    lifecycle: 'text',
    buildpacks: 'texts',
    buildpack: 'text or null',
    stack: 'text',
    env: 'map',
    no_route: 'flag',
    random_route: 'flag',
    default_route: 'flag',
    routes: 'routes',
    processes: 'processes',
    metadata: 'metadata',
    features: 'anything',
    docker: 'unsupported',
    services: 'unsupported',
    sidecars: 'unsupported',
    ...PROCESS_FIELDS,
  },
  process: { type: 'text', ...PROCESS_FIELDS },
  route: { route: 'text', protocol: 'text', options: 'map' },
  metadata: { labels: 'map', annotations: 'map' },
} as const satisfies Record<string, Keys>;

export type ManifestLevel = keyof typeof MANIFEST_KEYS;
