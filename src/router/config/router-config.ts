import { readFile } from 'node:fs/promises';
import { reasonOf, SprueError } from '../../core/errors.ts';
import type { LogLevel } from '../../core/log.ts';
import { GOROUTER_SCHEMA, type GorouterSettings } from './gorouter-schema.ts';

/** What the router's own code sees of the configuration file. */
export interface RouterConfig {
  readonly index: number;
  readonly listenAddress: string;
  readonly port: number;
  /** Where {@link RouterReady} is written once the router serves. */
  readonly readyFile: string | undefined;
  readonly pidFile: string | undefined;
  readonly status: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
  };
  readonly nats: {
    readonly servers: readonly string[];
    readonly user: string | undefined;
    readonly password: string | undefined;
    readonly pingIntervalMs: number;
  };
  readonly logLevel: LogLevel;
  readonly logTimestamp: 'unix-epoch' | 'rfc3339';
  readonly accessLog: {
    readonly file: string | undefined;
    readonly toStdout: boolean;
    readonly hideForwardedFor: boolean;
    readonly hideSourceIp: boolean;
    readonly redactQuery: 'none' | 'all' | 'hash';
  };
  readonly startDelayMs: number;
  readonly healthyAfterMs: number;
  readonly staleThresholdMs: number;
  readonly pruneIntervalMs: number;
  readonly suspendPruningWhileDisconnected: boolean;
  /** 0 = a route goes with its last endpoint. */
  readonly emptyPoolTimeoutMs: number;
  readonly maxAttempts: number;
  readonly endpointKeepAlive: boolean;
  readonly maxIdlePerEndpoint: number;
  readonly dialTimeoutMs: number;
  /** Waiting for the head of a response. */
  readonly endpointTimeoutMs: number;
  readonly frontendIdleTimeoutMs: number;
  /** 0 = off. */
  readonly readHeaderTimeoutMs: number;
  readonly maxRequestHeaderBytes: number;
  readonly healthCheckUserAgent: string;
  readonly drainWaitMs: number;
  readonly drainTimeoutMs: number;
}

/** @throws SprueError `CONFIG_INVALID` */
export async function loadRouterConfig(file: string): Promise<RouterConfig> {
  let content: unknown;
  try {
    content = await parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new SprueError('CONFIG_INVALID', { file, problems: reasonOf(cause) }, { cause });
  }
  return toRouterConfig(content, file);
}

/**
 * @param content the parsed file; gorouter's names.
 * @throws SprueError `CONFIG_INVALID` that names everything that is wrong.
 */
export function toRouterConfig(content: unknown, file = 'the configuration'): RouterConfig {
  const problems: string[] = [];
  const settings = GOROUTER_SCHEMA.read(content, { path: '', problems });
  if (problems.length > 0) {
    throw new SprueError('CONFIG_INVALID', { file, problems: problems.join('; ') });
  }
  return fromSettings(settings);
}

/** JSON is YAML; reading it as JSON spares the process the YAML parser. */
async function parse(text: string): Promise<unknown> {
  if (text.trimStart().startsWith('{')) {
    try {
      return JSON.parse(text);
    } catch {} // it may still be a YAML flow mapping
  }
  const { parse: parseYaml } = await import('yaml');
  return parseYaml(text);
}

function fromSettings(settings: GorouterSettings): RouterConfig {
  const { nats, status, logging, access_log, backends } = settings;
  const hosts = nats.hosts.length > 0 ? nats.hosts : [{ hostname: 'localhost', port: 4222 }];
  return {
    index: settings.index,
    listenAddress: settings.listen_address,
    port: settings.port,
    readyFile: settings.ready_file,
    pidFile: settings.pid_file,
    status: { host: status.host, port: status.port, user: status.user, password: status.pass },
    nats: {
      servers: hosts.map(({ hostname, port }) => `${hostname}:${port}`),
      user: nats.user,
      password: nats.pass,
      pingIntervalMs: settings.nats_client_ping_interval,
    },
    logLevel: logging.level,
    logTimestamp: logging.format.timestamp,
    accessLog: {
      file: access_log.file,
      toStdout: access_log.enable_streaming,
      hideForwardedFor: logging.disable_log_forwarded_for,
      hideSourceIp: logging.disable_log_source_ip,
      redactQuery: logging.redact_query_params,
    },
    startDelayMs: settings.start_response_delay_interval,
    healthyAfterMs: settings.load_balancer_healthy_threshold,
    // Every client must get its turn before the first endpoint may be stale.
    staleThresholdMs: Math.max(
      settings.droplet_stale_threshold,
      settings.start_response_delay_interval,
    ),
    pruneIntervalMs: settings.prune_stale_droplets_interval,
    suspendPruningWhileDisconnected: settings.suspend_pruning_if_nats_unavailable,
    emptyPoolTimeoutMs: settings.empty_pool_response_code_503 ? settings.empty_pool_timeout : 0,
    maxAttempts: backends.max_attempts,
    endpointKeepAlive: !settings.disable_keep_alives,
    maxIdlePerEndpoint: settings.max_idle_conns_per_host,
    dialTimeoutMs: settings.endpoint_dial_timeout,
    endpointTimeoutMs: settings.endpoint_timeout,
    frontendIdleTimeoutMs: settings.frontend_idle_timeout,
    readHeaderTimeoutMs: settings.read_header_timeout,
    maxRequestHeaderBytes: settings.max_request_header_bytes || 1_048_576,
    healthCheckUserAgent: settings.healthcheck_user_agent,
    drainWaitMs: settings.drain_wait,
    drainTimeoutMs: settings.drain_timeout ?? settings.endpoint_timeout,
  };
}
