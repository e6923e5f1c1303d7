import { randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Bus } from '../bus/bus.ts';
import { reasonOf, SprueError } from '../core/errors.ts';
import { writeJsonFile } from '../core/json-file.ts';
import type { Log } from '../core/log.ts';
import { DEFAULT_LIMITS } from '../http1/limits.ts';
import { BufferedAccessLog } from './access-log/access-log.ts';
import type { RouterConfig } from './config/router-config.ts';
import { connectBus } from './connect-bus.ts';
import { localAddress } from './local-address.ts';
import { logConnection, logTable } from './log-events.ts';
import { Registrar } from './registrar.ts';
import { Health } from './status/health.ts';
import { type MetricSources, renderMetrics } from './status/metrics.ts';
import { StatusServer } from './status/status-server.ts';
import { describeVarz } from './status/varz.ts';
import { RouteTable } from './table/route-table.ts';
import { RouterTracing, type RouterViews } from './trace/router-tracing.ts';
import { ProxyServer } from './wire/proxy-server.ts';

/** Content of the ready file. */
export interface RouterReady {
  readonly pid: number;
  readonly port: number;
  readonly statusPort: number;
  readonly id: string;
}

export interface RouterOptions {
  readonly config: RouterConfig;
  readonly log: Log;
  /** Gives up starting. */
  readonly signal?: AbortSignal;
  /** For traces that ask for pictures of each machine. */
  readonly views?: RouterViews;
}

/** Even without a start delay the registrations that are on their way are waited for. */
const SETTLE_QUIET_MS = 50;
const SETTLE_MAX_MS = 500;

/** One router: a table that NATS fills, and a proxy that follows it. */
export class Router {
  readonly ready: RouterReady;
  readonly table: RouteTable;
  readonly #config: RouterConfig;
  readonly #log: Log;
  readonly #health: Health;
  readonly #proxy: ProxyServer;
  readonly #registrar: Registrar;
  readonly #resources: AsyncDisposableStack;

  private constructor(parts: RouterParts, ready: RouterReady, resources: AsyncDisposableStack) {
    this.ready = ready;
    this.table = parts.table;
    this.#config = parts.config;
    this.#log = parts.log;
    this.#health = parts.health;
    this.#proxy = parts.proxy;
    this.#registrar = parts.registrar;
    this.#resources = resources;
  }

  /**
   * Connects to NATS, lets registrations come in, then listens and says so.
   * @throws SprueError `BUS_UNAVAILABLE`, `LISTEN_FAILED`
   */
  static async start(options: RouterOptions): Promise<Router> {
    const { config, log, signal } = options;
    await using resources = new AsyncDisposableStack();
    const id = `${config.index}-${randomUUID()}`;
    const bus = await connectBus(config.nats, { id, log, ...(signal && { signal }) });
    resources.defer(() => bus.drain());
    const tracing = new RouterTracing({
      bus,
      log,
      id,
      ...(options.views && { views: options.views }),
    });
    resources.defer(() => tracing.stop());
    const parts = assemble(config, { log, id, bus, tracing }, resources);
    const status = resources.use(await listenForStatus(parts));
    resources.defer(() => parts.registrar.stop());
    parts.registrar.start();
    tracing.start();
    await bus.flush();
    await delay(config.startDelayMs, undefined, signal ? { signal } : {});
    await parts.registrar.settle(SETTLE_QUIET_MS, SETTLE_MAX_MS, signal);
    const port = await listen(parts.proxy, config);
    resources.defer(() => {
      parts.proxy.close();
      parts.table.clear(Date.now()); // which closes the connections that were kept to the endpoints
    });
    parts.registrar.announce(port);
    const ready = { pid: process.pid, port, statusPort: status.port, id };
    await tellReady(config, ready, resources);
    serveAfter(config.healthyAfterMs, parts.health, resources);
    log.info(ready, 'gorouter.started');
    return new Router(parts, ready, resources.move());
  }

  /** Unhealthy at once, serving on for `waitMs`; then no new connections, and the rest is finished. */
  async drain(waitMs: number): Promise<void> {
    this.#health.drain();
    this.#log.info({ wait_ms: waitMs }, 'gorouter-draining');
    await delay(waitMs);
    this.#log.info({}, 'gorouter.stopping');
    await this.#proxy.drain(this.#config.drainTimeoutMs);
    await this.close();
    this.#log.info({ messages: this.#registrar.counters }, 'gorouter.stopped');
  }

  /** Cuts everything. */
  async close(): Promise<void> {
    await this.#resources.disposeAsync();
  }
}

interface RouterParts {
  readonly config: RouterConfig;
  readonly log: Log;
  readonly id: string;
  readonly table: RouteTable;
  readonly health: Health;
  readonly registrar: Registrar;
  readonly proxy: ProxyServer;
  readonly metrics: MetricSources;
}

function assemble(
  config: RouterConfig,
  { log, id, bus, tracing }: { log: Log; id: string; bus: Bus; tracing: RouterTracing },
  resources: AsyncDisposableStack,
): RouterParts {
  const health = new Health();
  const table = new RouteTable(config);
  const events = logTable(table, log);
  resources.defer(logConnection(bus, log, config.nats.pingIntervalMs));
  const accessLog = openAccessLog(config, log);
  resources.defer(() => accessLog.close());
  const registrar = new Registrar({
    bus,
    table,
    log,
    id,
    host: localAddress(),
    minimumRegisterIntervalMs: config.startDelayMs,
    pruneIntervalMs: config.pruneIntervalMs,
    suspendPruningWhileDisconnected: config.suspendPruningWhileDisconnected,
  });
  const options = proxyOptions(config, health);
  const proxy = new ProxyServer({ table, log, accessLog, tracing, options });
  const metrics = {
    proxy: proxy.counters,
    registrar: registrar.counters,
    table,
    pruned: () => events.pruned,
    accessLogDropped: () => accessLog.dropped,
  };
  return { config, log, id, table, health, registrar, proxy, metrics };
}

/** @throws SprueError `CONFIG_INVALID` when the file cannot be opened. */
function openAccessLog({ accessLog }: RouterConfig, log: Log): BufferedAccessLog {
  const onError = (error: Error) => log.error({ reason: error.message }, 'access-log-failed');
  try {
    return new BufferedAccessLog(accessLog, accessLog, { onError });
  } catch (cause) {
    const problems = `access_log.file cannot be opened (${reasonOf(cause)})`;
    throw new SprueError('CONFIG_INVALID', { file: 'The router’s file', problems }, { cause });
  }
}

function proxyOptions(config: RouterConfig, health: Health) {
  return {
    limits: { ...DEFAULT_LIMITS, maxHeadBytes: config.maxRequestHeaderBytes },
    readHeaderTimeoutMs: config.readHeaderTimeoutMs,
    clientIdleTimeoutMs: config.frontendIdleTimeoutMs,
    dialTimeoutMs: config.dialTimeoutMs,
    responseTimeoutMs: config.endpointTimeoutMs,
    endpointKeepAlive: config.endpointKeepAlive,
    maxIdlePerEndpoint: config.maxIdlePerEndpoint,
    maxAttempts: config.maxAttempts,
    healthCheckUserAgent: config.healthCheckUserAgent,
    isHealthy: () => health.serving,
  };
}

function listenForStatus({
  config,
  health,
  table,
  metrics,
  id,
}: RouterParts): Promise<StatusServer> {
  const startedMs = Date.now();
  return StatusServer.listen({
    ...config.status,
    health,
    table,
    metrics: () => renderMetrics(metrics),
    varz: () => describeVarz({ index: config.index, id, startedMs }, metrics),
  });
}

/** `SO_REUSEPORT`: a new router listens beside the one that it replaces before that one drains. */
async function listen(proxy: ProxyServer, config: RouterConfig): Promise<number> {
  const { listenAddress: host, port } = config;
  try {
    return await proxy.listen({ host, port, reusePort: true });
  } catch (cause) {
    const details = { address: `${host}:${port}`, reason: reasonOf(cause) };
    throw new SprueError('LISTEN_FAILED', details, { cause });
  }
}

async function tellReady(
  { readyFile, pidFile }: RouterConfig,
  ready: RouterReady,
  resources: AsyncDisposableStack,
): Promise<void> {
  if (pidFile !== undefined) {
    await writeFile(pidFile, `${ready.pid}\n`);
    resources.defer(() => removePidFile(pidFile));
  }
  if (readyFile !== undefined) await writeJsonFile(readyFile, ready);
}

/** Unless the router that replaced this one has written its own. */
async function removePidFile(file: string): Promise<void> {
  const content = await readFile(file, 'utf8').catch(() => '');
  if (content === `${process.pid}\n`) await rm(file, { force: true });
}

function serveAfter(delayMs: number, health: Health, resources: AsyncDisposableStack): void {
  if (delayMs === 0) return health.serve();
  const timer = setTimeout(() => health.serve(), delayMs);
  resources.defer(() => clearTimeout(timer));
}
