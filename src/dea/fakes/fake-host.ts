import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Ipv4, Port } from '../../core/address.ts';
import { systemClock } from '../../core/clock.ts';
import type { InstanceId } from '../../core/ids.ts';
import { silentLog } from '../../core/log.ts';
import type { Attachment, AttachRequest, HostNetwork } from '../../hostnet/host-network.ts';
import type { ActualInstance } from '../../proto/actual-instance.ts';
import type {
  ContainerInfo,
  ContainerSpec,
  ContainerState,
  ExitStatus,
  Warden,
} from '../../warden/warden.ts';
import { HEALTH_TIMINGS } from '../health/health-monitor.ts';
import type { ListeningSocket } from '../health/listen-verdict.ts';
import type { InstanceHost } from '../instance/instance-host.ts';
import { InstanceRecords } from '../instance/instance-record.ts';
import { Slots } from '../instance/slots.ts';
import type { Endpoint } from '../routes/endpoint.ts';

interface FakeContainer {
  state: ContainerState;
  readonly exited: PromiseWithResolvers<ExitStatus>;
}

/**
 * A host in memory. Every call is noted in {@link FakeHost.calls}, in order, as `verb` or `verb detail`;
 * a verb in {@link FakeHost.failing} fails once.
 */
export class FakeHost implements AsyncDisposable {
  readonly calls: string[] = [];
  readonly failing = new Set<string>();
  readonly containers = new Map<InstanceId, FakeContainer>();
  readonly attachments = new Map<InstanceId, Attachment>();
  /** Newest report per key; deleted keys are absent. */
  readonly actual = new Map<string, ActualInstance>();
  readonly said: string[] = [];
  sockets: ListeningSocket[] = [];
  ignoresTerm = false;
  routersConfirm = true;
  readonly folder: string;
  readonly records: InstanceRecords;
  #nextPort = 61_001;

  private constructor(folder: string, records: InstanceRecords) {
    this.folder = folder;
    this.records = records;
  }

  static async make(): Promise<FakeHost> {
    const folder = await mkdtemp(join(tmpdir(), 'sprue-fake-host-'));
    await writeFile(join(folder, 'droplet.tgz'), EMPTY_TGZ);
    return new FakeHost(folder, await InstanceRecords.open(join(folder, 'records')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Ends an app by itself. */
  exit(instanceId: InstanceId, code: number, outOfMemory = false): void {
    const container = this.containers.get(instanceId);
    if (container === undefined || container.state === 'exited') return;
    container.state = 'exited';
    container.exited.resolve({ code, outOfMemory });
  }

  host(): InstanceHost {
    return {
      deaId: 'dea-1',
      hostnet: this.#hostnet(),
      warden: this.#warden(),
      droplets: {
        get: async () => {
          this.#note('download');
          return { path: join(this.folder, 'droplet.tgz'), sizeBytes: EMPTY_TGZ.length };
        },
        evict: async () => this.#note('evict'),
      },
      routes: {
        announce: async ({ uris }: Endpoint) => {
          this.#note(`register ${uris}`);
          return this.routersConfirm;
        },
        withdraw: async ({ uris }: Endpoint) => {
          this.#note(`unregister ${uris}`);
          return this.routersConfirm;
        },
      },
      logs: {
        say: (_desired, text) => void this.said.push(text),
        follow: async () => {},
        finish: async () => {},
        lastLines: async () => ['last words'],
      },
      records: this.records,
      actual: {
        put: (key, value) => void this.actual.set(key, value),
        delete: key => void this.actual.delete(key),
      },
      listening: async () => this.sockets,
      slots: new Slots(8),
      container: { mounts: [], nameservers: [], pids: 512 },
      timings: {
        ...HEALTH_TIMINGS,
        firstIntervalMs: 5,
        livenessIntervalMs: 10,
        drainMs: 1,
        stopGraceMs: 20,
        listenSuspicionMs: 20,
        routeRetryMs: 10,
      },
      clock: systemClock,
      log: silentLog,
    };
  }

  #note(call: string): void {
    this.calls.push(call);
    const [verb = ''] = call.split(' ');
    if (this.failing.delete(verb)) throw new Error(`${verb} failed`);
  }

  #hostnet(): HostNetwork {
    return {
      setUp: async () => {},
      attach: async request => {
        this.#note('attach');
        const attachment = attachmentOf(request, this.#nextPort++);
        this.attachments.set(request.instanceId, attachment);
        return attachment;
      },
      detach: async instanceId => {
        this.#note('detach');
        this.attachments.delete(instanceId);
      },
      freePort: hostPort => this.#note(`freePort ${hostPort}`),
      clients: () => [],
      setClients: async () => {},
      list: async () => [...this.attachments.values()],
      sweep: async keep => {
        const gone = [...this.attachments.keys()].filter(id => !keep.has(id));
        for (const id of gone) this.attachments.delete(id);
        return gone;
      },
      tearDown: async () => {},
    };
  }

  #warden(): Warden {
    return {
      create: async (spec: ContainerSpec) => {
        this.#note('create');
        const homePath = join(this.folder, spec.instanceId);
        await mkdir(homePath);
        const exited = Promise.withResolvers<ExitStatus>();
        this.containers.set(spec.instanceId, { state: 'created', exited });
        return { homePath };
      },
      own: async () => this.#note('own'),
      start: async instanceId => {
        this.#note('start');
        const container = this.containers.get(instanceId);
        if (container === undefined) throw new Error('start of an absent container');
        container.state = 'running';
        return { pid: 4711 };
      },
      signal: async (instanceId, signal) => {
        const running = this.containers.get(instanceId)?.state === 'running';
        if (!running) return;
        this.#note(signal);
        if (signal === 'SIGKILL') this.exit(instanceId, 137);
        else if (!this.ignoresTerm) this.exit(instanceId, 143);
      },
      waitForExit: async (instanceId, signal) => {
        const container = this.containers.get(instanceId);
        if (container === undefined) throw new Error('wait for an absent container');
        const aborted = new Promise<never>((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        });
        return await Promise.race([container.exited.promise, aborted]);
      },
      logPath: instanceId => join(this.folder, instanceId, 'log'),
      usage: async () => undefined,
      list: async () =>
        [...this.containers].map(
          ([instanceId, { state }]): ContainerInfo => ({ instanceId, state, pid: 4711 }),
        ),
      destroy: async instanceId => {
        this.#note('destroy');
        this.exit(instanceId, 137);
        this.containers.delete(instanceId);
      },
      tearDown: async () => {},
    };
  }
}

/** Loopback stands for the container's address, so that a test's own server can be the app. */
export function attachmentOf(request: AttachRequest, hostPort: number): Attachment {
  const { instanceId, appGuid, index, containerPort = 8080 as Port } = request;
  return {
    ...{ instanceId, appGuid, index },
    netns: `w-${instanceId.slice(0, 8)}`,
    netnsPath: `/run/netns/w-${instanceId.slice(0, 8)}`,
    veth: `w-${instanceId.slice(0, 8)}`,
    containerIp: '127.0.0.1' as Ipv4,
    mapping: { hostAddress: '192.0.2.7' as Ipv4, hostPort: hostPort as Port, containerPort },
  };
}

/** A tar.gz that holds nothing. */
const EMPTY_TGZ = gzipSync(Buffer.alloc(1024));
