import { Readable } from 'node:stream';
import type { Bus } from '../../../src/bus/bus.ts';
import { KvBucket } from '../../../src/bus/kv-bucket.ts';
import { ObjectBucket } from '../../../src/bus/object-bucket.ts';
import { newInstanceId } from '../../../src/core/ids.ts';
import { type ActualInstance, actualInstanceSchema } from '../../../src/proto/actual-instance.ts';
import {
  DEA_FORGET_MS,
  DEA_RENEW_MS,
  instanceKey,
  KV,
  OBJECTS,
  stagingKey,
} from '../../../src/proto/buckets.ts';
import {
  type DeaAdvertisement,
  deaAdvertisementSchema,
} from '../../../src/proto/dea-advertisement.ts';
import {
  type DesiredInstance,
  desiredInstanceSchema,
} from '../../../src/proto/desired-instance.ts';
import {
  type StagingResult,
  type StagingTask,
  stagingResultSchema,
  stagingTaskSchema,
} from '../../../src/proto/staging.ts';
import { deaStatsSubject } from '../../../src/proto/subjects.ts';

/** One step of what the DEA saw or did, in order: `+web/0@v1`, `ready web/0@v1`, `-web/0@v1`. */
export interface DeaEvent {
  readonly what: 'wanted' | 'ready' | 'crashed' | 'uris' | 'gone';
  readonly wish: DesiredInstance;
}

export interface FakeDeaOptions {
  readonly id?: string;
  readonly memoryMib?: number;
  /** Decides how an instance turns out. Default: runs. */
  readonly outcome?: (wish: DesiredInstance) => 'runs' | 'crashes' | 'hangs';
  readonly staging?: (task: StagingTask) => StagingResult | 'hangs';
  readonly startMs?: number;
}

/** Speaks a DEA's part of the protocol over a real NATS server, without containers. */
export class FakeDea {
  readonly id: string;
  readonly events: DeaEvent[] = [];
  readonly wishes = new Map<string, DesiredInstance>();
  readonly tasks = new Map<string, StagingTask>();
  outcome: NonNullable<FakeDeaOptions['outcome']>;
  staging: NonNullable<FakeDeaOptions['staging']>;
  readonly #bus: Bus;
  readonly #options: FakeDeaOptions;
  readonly #abort = new AbortController();
  readonly #busy = new Set<Promise<void>>();
  #desired!: KvBucket<DesiredInstance | StagingTask>;
  #actual!: KvBucket<ActualInstance | StagingResult>;
  #deas!: KvBucket<DeaAdvertisement>;
  #droplets!: ObjectBucket;

  private constructor(bus: Bus, options: FakeDeaOptions) {
    this.#bus = bus;
    this.#options = options;
    this.id = options.id ?? 'dea1';
    this.outcome = options.outcome ?? (() => 'runs');
    this.staging = options.staging ?? stagesAs({ web: 'node server.js' });
  }

  static async start(bus: Bus, options: FakeDeaOptions = {}): Promise<FakeDea> {
    const dea = new FakeDea(bus, options);
    await dea.#open();
    return dea;
  }

  async #open(): Promise<void> {
    const isStaging = (json: unknown) =>
      (json as object) !== null && 'buildGuid' in (json as object);
    this.#desired = await KvBucket.open(this.#bus, {
      name: KV.desired,
      decode: json =>
        isStaging(json) ? stagingTaskSchema.parse(json) : desiredInstanceSchema.parse(json),
    });
    this.#actual = await KvBucket.open(this.#bus, {
      name: KV.actual,
      decode: json =>
        isStaging(json) ? stagingResultSchema.parse(json) : actualInstanceSchema.parse(json),
    });
    this.#deas = await KvBucket.open(this.#bus, {
      name: KV.deas,
      decode: json => deaAdvertisementSchema.parse(json),
      ttlMs: DEA_FORGET_MS,
    });
    this.#droplets = await ObjectBucket.open(this.#bus, OBJECTS.droplets);
    await this.advertise();
    const renewal = setInterval(() => void this.advertise().catch(() => {}), DEA_RENEW_MS);
    this.#abort.signal.addEventListener('abort', () => clearInterval(renewal));
    const stats = this.#bus.subscribe(deaStatsSubject(this.id), message =>
      message.respond(
        [...this.wishes.values()].map(({ guid }) => ({
          guid,
          cpu: 0.25,
          memoryBytes: 1_000_000,
          diskBytes: 2_000_000,
        })),
      ),
    );
    this.#abort.signal.addEventListener('abort', () => stats.unsubscribe());
    await this.#desired.watch(
      `${this.id}.>`,
      { onChange: ({ key, value }) => this.#follow(key, value) },
      this.#abort.signal,
    );
  }

  async advertise(): Promise<void> {
    await this.#deas.put(this.id, {
      id: this.id,
      address: '127.0.0.1',
      memoryMib: this.#options.memoryMib ?? 4096,
      diskMib: 10_000,
      buildpacks: ['node'],
      startedMs: 0,
      version: '0.1.0',
    });
  }

  /** Ends the agent, once it has finished what it was doing; what it reported stays. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#busy);
  }

  #track(work: Promise<void>): void {
    this.#busy.add(work);
    void work.finally(() => this.#busy.delete(work));
  }

  /** What the DEA says about a wish from now on. */
  async report(wish: DesiredInstance, change: Partial<ActualInstance>): Promise<void> {
    const actual: ActualInstance = {
      guid: wish.guid,
      deaId: this.id,
      appGuid: wish.appGuid,
      processGuid: wish.processGuid,
      processType: wish.processType,
      index: wish.index,
      version: wish.version,
      instanceId: newInstanceId(),
      state: 'RUNNING',
      sinceMs: Date.now(),
      routable: false,
      network: {
        host: '127.0.0.1',
        hostPort: 61001,
        containerIp: '10.254.0.2',
        containerPort: wish.appPort,
        veth: 'w-00000001',
      },
      ...change,
    };
    await this.#actual.put(instanceKey(this.id, wish.guid), actual);
  }

  #follow(key: string, value: DesiredInstance | StagingTask | undefined): void {
    if (key.includes('.staging.')) {
      if (value === undefined) return this.#endTask(key);
      return this.#track(this.#stage(value as StagingTask));
    }
    if (value === undefined) return this.#track(this.#end(key));
    const wish = value as DesiredInstance;
    const isNew = !this.wishes.has(key);
    this.wishes.set(key, wish);
    this.events.push({ what: isNew ? 'wanted' : 'uris', wish });
    if (isNew) this.#track(this.#run(wish));
  }

  async #run(wish: DesiredInstance): Promise<void> {
    const outcome = this.outcome(wish);
    await this.report(wish, { state: 'STARTING' });
    if (outcome === 'hangs') return;
    await new Promise(resolve => setTimeout(resolve, this.#options.startMs ?? 5));
    if (outcome === 'crashes') {
      this.events.push({ what: 'crashed', wish });
      const crash = {
        count: 1,
        atMs: Date.now(),
        reason: 'Exited with status 1',
        exitStatus: 1,
        lastLines: ['boom'],
      };
      return this.report(wish, { state: 'CRASHED', crash });
    }
    this.events.push({ what: 'ready', wish });
    await this.report(wish, { state: 'RUNNING', routable: true });
  }

  async #end(key: string): Promise<void> {
    const wish = this.wishes.get(key);
    this.wishes.delete(key);
    if (wish !== undefined) this.events.push({ what: 'gone', wish });
    await this.#actual.delete(key);
  }

  async #stage(task: StagingTask): Promise<void> {
    this.tasks.set(task.buildGuid, task);
    const result = this.staging(task);
    if (result === 'hangs') return;
    if (result.state === 'STAGED') {
      await this.#droplets.put(task.dropletGuid, Readable.from([Buffer.from('droplet')]));
    }
    await this.finish(task, result);
  }

  async finish(task: StagingTask, result: StagingResult): Promise<void> {
    await this.#actual.put(stagingKey(this.id, task.buildGuid), result);
  }

  #endTask(key: string): void {
    this.tasks.delete(key.split('.').at(-1) ?? '');
    this.#track(this.#actual.delete(key));
  }
}

/** Staging that works, with these process types. */
export function stagesAs(processTypes: Record<string, string>) {
  return (task: StagingTask): StagingResult => ({
    buildGuid: task.buildGuid,
    deaId: task.deaId,
    state: 'STAGED',
    dropletSizeBytes: 7,
    dropletDigest: 'SHA-256=AAAA',
    processTypes,
    buildpacks: [{ name: 'node', detectOutput: 'package.json' }],
  });
}
