import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { Bus } from '../../src/bus/bus.ts';
import { EventStream } from '../../src/bus/event-stream.ts';
import { KvBucket } from '../../src/bus/kv-bucket.ts';
import { ObjectBucket } from '../../src/bus/object-bucket.ts';
import type { Guid } from '../../src/core/ids.ts';
import { silentLog } from '../../src/core/log.ts';
import { poll } from '../../src/core/wait.ts';
import type { Dea } from '../../src/dea/dea.ts';
import { desiredInstance } from '../../src/dea/fakes/desired.ts';
import type { HostNetwork } from '../../src/hostnet/host-network.ts';
import type { ActualInstance } from '../../src/proto/actual-instance.ts';
import { instanceKey, KV, OBJECTS } from '../../src/proto/buckets.ts';
import type { DesiredInstance } from '../../src/proto/desired-instance.ts';
import { type LogRecord, logRecordSchema } from '../../src/proto/log-record.ts';
import { LOG_STREAM, logSubject } from '../../src/proto/subjects.ts';
import type { Warden } from '../../src/warden/warden.ts';
import { assertNoLeak, readMachine } from '../kit/leak-check.ts';
import { type NatsServer, startNatsServer } from '../kit/nats-server.ts';
import type { NetLab } from '../kit/net-lab.ts';
import { FakeRouter } from './fake-router.ts';
import { DEA_ID, openLayers, startAgent } from './start-agent.ts';

type Fits = (report: ActualInstance) => boolean;

/** A DEA with real NATS, host network and warden; the test plays controller and router. */
export class DeaLab implements AsyncDisposable {
  readonly stateDir: string;
  readonly nats: NatsServer;
  readonly bus: Bus;
  readonly router: FakeRouter;
  readonly hostnet: HostNetwork;
  readonly warden: Warden;
  /** Every report in order, per guid of the desired instance; `undefined`: deleted. */
  readonly reports = new Map<string, (ActualInstance | undefined)[]>();
  readonly #desired: KvBucket<unknown>;
  readonly #droplets: ObjectBucket;
  readonly #logs: EventStream;
  readonly #resources: AsyncDisposableStack;
  #inProcess: { readonly dea: Dea; readonly bus: Bus } | undefined;
  #child: ChildProcess | undefined;

  private constructor(parts: {
    stateDir: string;
    nats: NatsServer;
    bus: Bus;
    desired: KvBucket<unknown>;
    droplets: ObjectBucket;
    logs: EventStream;
    resources: AsyncDisposableStack;
  }) {
    this.stateDir = parts.stateDir;
    this.nats = parts.nats;
    this.bus = parts.bus;
    this.#desired = parts.desired;
    this.#droplets = parts.droplets;
    this.#logs = parts.logs;
    this.#resources = parts.resources;
    this.router = this.#resources.use(new FakeRouter(parts.bus));
    ({ hostnet: this.hostnet, warden: this.warden } = openLayers(parts.stateDir));
  }

  /** On disposal the machine must be as it was. */
  static async open(lab: NetLab): Promise<DeaLab> {
    await using resources = new AsyncDisposableStack();
    const stateDir = await mkdtemp(join(tmpdir(), 'sprue-dea-'));
    resources.defer(() => rm(stateDir, { recursive: true, force: true }));
    const scope = { netns: lab.host.netns, marks: [stateDir], folders: [] };
    const before = await readMachine(scope);
    resources.defer(() => assertNoLeak(before, scope));
    const nats = resources.use(await startNatsServer());
    const bus = await Bus.connect({ servers: [nats.url], name: 'test', log: silentLog });
    resources.use(bus);
    const decode = (json: unknown) => json;
    const desired = await KvBucket.open<unknown>(bus, { name: KV.desired, decode });
    const actual = await KvBucket.open(bus, {
      name: KV.actual,
      decode: json => json as ActualInstance,
    });
    const droplets = await ObjectBucket.open(bus, OBJECTS.droplets);
    const logs = await EventStream.open(bus, LOG_STREAM);
    const abort = new AbortController();
    resources.defer(() => abort.abort());
    const moved = resources.move();
    const opened = new DeaLab({
      ...{ stateDir, nats, bus, desired, droplets, logs },
      resources: moved,
    });
    const onChange = ({ key, value }: { key: string; value: ActualInstance | undefined }) => {
      const guid = key.slice(key.lastIndexOf('.') + 1);
      opened.reports.set(guid, [...(opened.reports.get(guid) ?? []), value]);
    };
    await actual.watch(`${DEA_ID}.instance.*`, { onChange }, abort.signal);
    return opened;
  }

  /** Starts the agent in this process. */
  async start(): Promise<void> {
    this.#inProcess = await startAgent({ stateDir: this.stateDir, natsUrl: this.nats.url });
  }

  /** Starts the agent in this process with a connection that has just lost NATS. */
  async startWhileAway(): Promise<void> {
    const { stateDir, nats } = this;
    const connected = () => nats.kill();
    this.#inProcess = await startAgent({ stateDir, natsUrl: nats.url, connected });
  }

  /** Ends the agent in this process and leaves apps running. */
  async leave(): Promise<void> {
    await this.#inProcess?.dea.stop({ leaveAppsRunning: true });
    await this.#inProcess?.bus.close();
    this.#inProcess = undefined;
  }

  /** Starts the agent in a process of its own. @returns when it has recovered. */
  async startProcess(): Promise<void> {
    const options = JSON.stringify({ stateDir: this.stateDir, natsUrl: this.nats.url });
    const script = join(import.meta.dirname, 'start-agent.ts');
    const env = { ...process.env };
    delete env['NODE_TEST_CONTEXT'];
    const child = spawn(process.execPath, [script, options], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env,
    });
    this.#child = child;
    await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(() => Promise.reject(new Error('the agent ended'))),
    ]);
  }

  /** SIGKILL. */
  async killProcess(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Uploads a droplet of these files in `app/` and makes a wish for it. */
  async wish(
    files: Readonly<Record<string, string>>,
    change: Partial<DesiredInstance> = {},
  ): Promise<DesiredInstance> {
    const tar = pack();
    for (const [path, content] of Object.entries(files)) tar.entry({ name: path }, content);
    tar.finalize();
    const wish = desiredInstance({
      deaId: DEA_ID,
      startCommand: 'node server.js',
      memoryMib: 128,
      ...change,
    });
    const droplet = gzipSync(await buffer(tar as AsyncIterable<Uint8Array>));
    await this.#droplets.put(wish.dropletGuid, Readable.from([droplet]));
    return wish;
  }

  async want(wish: DesiredInstance): Promise<void> {
    await this.#desired.put(instanceKey(DEA_ID, wish.guid), wish);
  }

  async unwant(guid: Guid): Promise<void> {
    await this.#desired.delete(instanceKey(DEA_ID, guid));
  }

  report(guid: Guid): ActualInstance | undefined {
    return this.reports.get(guid)?.at(-1);
  }

  /** The first report, from now on, that fits. */
  async reported(guid: Guid, fits: Fits, timeoutMs = 10_000): Promise<ActualInstance> {
    const found = await poll(
      () => {
        const report = this.report(guid);
        return report !== undefined && fits(report) ? report : undefined;
      },
      { intervalMs: 5, timeoutMs },
    );
    if (found !== undefined) return found;
    throw new Error(`not in ${timeoutMs} ms: ${fits}; last: ${JSON.stringify(this.report(guid))}`);
  }

  running(guid: Guid, timeoutMs?: number): Promise<ActualInstance> {
    return this.reported(guid, ({ state, routable }) => state === 'RUNNING' && routable, timeoutMs);
  }

  async gone(guid: Guid): Promise<void> {
    const seen = () => (this.reports.has(guid) && this.report(guid) === undefined) || undefined;
    const gone = await poll(seen, { intervalMs: 5, timeoutMs: 10_000 });
    if (gone !== true) throw new Error(`not gone: ${JSON.stringify(this.report(guid))}`);
  }

  /** Asks the app through its host port. */
  async ask({ network }: ActualInstance, path = '/'): Promise<string> {
    const url = `http://${network?.host}:${network?.hostPort}${path}`;
    return await (await fetch(url, { signal: AbortSignal.timeout(3_000) })).text();
  }

  async log(appGuid: Guid): Promise<LogRecord[]> {
    const records = await this.#logs.read({ subject: logSubject(appGuid), limit: 10_000 });
    return records.map(record => logRecordSchema.parse(JSON.parse(record.text())));
  }

  /** Lines that the app itself wrote. */
  async output(appGuid: Guid): Promise<string[]> {
    const records = await this.log(appGuid);
    return records.filter(({ source }) => source.startsWith('APP/')).map(({ text }) => text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.killProcess();
    await this.leave();
    await this.hostnet.setUp();
    await this.warden.tearDown();
    await this.hostnet.tearDown();
    await this.#resources.disposeAsync();
  }
}

/** An app that answers with its instance's guid, its pid's start and its environment. */
export const SERVER = {
  'app/server.js': `
    const { createServer } = require('node:http');
    console.log('listening soon');
    console.error('a line on stderr');
    process.on('SIGTERM', () => { console.log('got SIGTERM'); process.exit(0); });
    createServer((request, response) => {
      if (request.url === '/env') return response.end(JSON.stringify(process.env));
      if (request.url === '/hang') return setTimeout(() => response.end('late'), 1000);
      if (request.url.startsWith('/say/')) console.log(decodeURI(request.url.slice(5)));
      if (request.url === '/exit') process.exit(3);
      response.end(process.env.CF_INSTANCE_GUID);
    }).listen(process.env.PORT);
  `,
} as const;
