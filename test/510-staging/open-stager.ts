import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import { Bus } from '../../src/bus/bus.ts';
import { ObjectBucket } from '../../src/bus/object-bucket.ts';
import { parseCidr, parseIpv4, parsePort } from '../../src/core/address.ts';
import { newGuid, newInstanceId } from '../../src/core/ids.ts';
import { silentLog } from '../../src/core/log.ts';
import { unpackDroplet } from '../../src/dea/droplet/unpack-droplet.ts';
import { launchCommand } from '../../src/dea/instance/launch-command.ts';
import { Stager, type StagerOptions } from '../../src/dea/staging/stager.ts';
import { run } from '../../src/exec/run.ts';
import type { HostNetwork } from '../../src/hostnet/host-network.ts';
import { createHostNetwork } from '../../src/hostnet/kernel-host-network.ts';
import type { LogRecord } from '../../src/proto/log-record.ts';
import type { StagingResult, StagingTask } from '../../src/proto/staging.ts';
import { createWarden } from '../../src/warden/container-warden.ts';
import type { Warden } from '../../src/warden/warden.ts';
import { startNatsServer } from '../kit/nats-server.ts';
import { LAB } from '../kit/net-lab.ts';

export const PORT = 8080;
const MOUNTS = [
  { source: dirname(process.execPath), destination: '/opt/node/bin', readOnly: true },
];
export const EXAMPLES = join(import.meta.dirname, '../../examples');

export interface Staged {
  readonly result: StagingResult;
  readonly task: StagingTask;
  /** What was printed so far, and by the platform: `OUT text` or `ERR text`. */
  readonly output: readonly string[];
}

export interface StagerLab extends AsyncDisposable {
  readonly stateDir: string;
  readonly stager: Stager;
  /** A stager as a restarted agent would have it. */
  another(): Stager;
  readonly warden: Warden;
  readonly network: HostNetwork;
  readonly droplets: ObjectBucket;
  /** Stages a zip; `change` is applied to a task with sensible defaults. */
  stage(zip: Buffer, change?: Partial<StagingTask>, signal?: AbortSignal): Promise<Staged>;
  /** Paths in a droplet, without those of folders. */
  contents(task: StagingTask): Promise<string[]>;
  /** Runs the droplet's `web` process while `use` talks to it. */
  running(staged: Staged, use: (address: string) => Promise<void>): Promise<void>;
  /** What builds have left on this machine: folders of containers and builds, attachments, droplets. */
  remains(): Promise<string[]>;
}

/** A stager with real NATS, host network and warden. Call it in the lab's host. */
export async function openStager(): Promise<StagerLab> {
  await using stack = new AsyncDisposableStack();
  const stateDir = await mkdtemp(join(tmpdir(), 'sprue-stager-'));
  stack.defer(() => rm(stateDir, { recursive: true, force: true }));
  const nats = stack.use(await startNatsServer());
  const bus = stack.use(await Bus.connect({ servers: [nats.url], name: 'test', log: silentLog }));
  const packages = await ObjectBucket.open(bus, 'packages');
  const droplets = await ObjectBucket.open(bus, 'droplets');
  const network = createHostNetwork({
    stateDir,
    hostAddress: parseIpv4(LAB.hostAddress),
    nameservers: [parseIpv4(LAB.nameserver)],
    servicePorts: [parsePort(80)],
    clients: [parseCidr(LAB.network)],
  });
  await network.setUp();
  stack.defer(() => network.tearDown());
  const warden = createWarden({ stateDir, log: silentLog });
  stack.defer(() => warden.tearDown());
  const logs = new Map<string, LogRecord[]>();
  const options: StagerOptions = {
    stateDir,
    packages,
    droplets,
    hostnet: network,
    warden,
    container: { mounts: MOUNTS, nameservers: [LAB.nameserver] },
    log: silentLog,
    storeLog: async (appGuid, records) => {
      logs.set(appGuid, [...(logs.get(appGuid) ?? []), ...records]);
    },
  };
  const stager = new Stager(options);
  const owned = stack.move();

  return {
    stateDir,
    stager,
    another: () => new Stager(options),
    warden,
    network,
    droplets,
    async stage(zip, change = {}, signal = new AbortController().signal) {
      const task: StagingTask = { ...standardTask(), ...change };
      await packages.put(task.packageGuid, Readable.from([zip]));
      const result = await stager.stage(task, signal);
      const records = logs.get(task.appGuid) ?? [];
      for (const { source, instance } of records) {
        if (source !== 'STG' || instance !== '0') throw new Error(`source ${source}/${instance}`);
      }
      return { result, task, output: records.map(({ type, text }) => `${type} ${text}`) };
    },
    async contents(task) {
      const file = join(stateDir, 'droplet.tgz');
      await writeFile(file, await buffer(await droplets.get(task.dropletGuid)));
      const { stdout } = await run(['tar', 'tzf', file]);
      return stdout.split('\n').filter(path => path !== '' && !path.endsWith('/'));
    },
    async running({ result, task }, use) {
      if (result.state !== 'STAGED') throw new Error(JSON.stringify(result));
      const file = join(stateDir, 'droplet.tgz');
      await writeFile(file, await buffer(await droplets.get(task.dropletGuid)));
      const instanceId = newInstanceId();
      const { appGuid } = task;
      const attachment = await network.attach({ instanceId, appGuid, index: 0 });
      try {
        const { homePath } = await warden.create({
          instanceId,
          netnsPath: attachment.netnsPath,
          hostname: 'test',
          args: launchCommand(result.processTypes['web'] ?? ''),
          cwd: '/home/vcap/app',
          env: {
            HOME: '/home/vcap/app',
            PATH: '/opt/node/bin:/usr/local/bin:/usr/bin:/bin',
            PORT: String(PORT),
          },
          memoryMib: 256,
          diskMib: 512,
          pids: 128,
          containerIp: attachment.containerIp,
          nameservers: [],
          mounts: MOUNTS,
        });
        await unpackDroplet(file, homePath, { maxBytes: 2 ** 29 });
        await warden.own(instanceId, homePath);
        await warden.start(instanceId);
        await use(`${attachment.containerIp}:${PORT}`);
      } finally {
        await warden.destroy(instanceId);
        await network.detach(instanceId);
      }
    },
    async remains() {
      const builds = await readdir(join(stateDir, 'dea/staging')).catch(() => []);
      return [
        ...(await warden.list()).map(({ instanceId }) => `container ${instanceId}`),
        ...(await network.list()).map(({ instanceId }) => `network ${instanceId}`),
        ...builds.map(name => `folder ${name}`),
      ];
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function standardTask(): StagingTask {
  return {
    buildGuid: newGuid(),
    deaId: 'test',
    appGuid: newGuid(),
    appName: 'app',
    packageGuid: newGuid(),
    dropletGuid: newGuid(),
    buildpacks: [],
    env: {},
    vcapApplication: { application_name: 'app' },
    memoryMib: 1024,
    diskMib: 1024,
    timeoutSec: 60,
  };
}

/** A zip of files by path; a script (`#!`) is executable. */
export function zipOf(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [path, content] of Object.entries(files)) {
    const bytes = Buffer.from(content);
    const mode = bytes.subarray(0, 2).toString() === '#!' ? 0o100755 : 0o100644;
    zip.addBuffer(bytes, path, { mode });
  }
  zip.end();
  return buffer(zip.outputStream);
}

/** A zip of all files of a folder. */
export async function zipOfFolder(folder: string): Promise<Buffer> {
  const zip = new ZipFile();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) zip.addFile(path, path.slice(folder.length + 1));
  }
  zip.end();
  return buffer(zip.outputStream);
}
