import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type InstanceId, newInstanceId } from '../../src/core/ids.ts';
import { silentLog } from '../../src/core/log.ts';
import { run } from '../../src/exec/run.ts';
import { createWarden } from '../../src/warden/container-warden.ts';
import type { ContainerSpec, ExitStatus, Warden } from '../../src/warden/warden.ts';
import { assertNoLeak, type LeakScope, readMachine } from './leak-check.ts';

export interface Outcome {
  readonly exit: ExitStatus;
  readonly stdout: string;
  readonly stderr: string;
}

/** A warden on a folder of its own and one network namespace for its containers. */
export interface WardenLab extends AsyncDisposable {
  readonly stateDir: string;
  readonly warden: Warden;
  /** A warden as a restarted agent would have it. */
  another(): Warden;
  spec(change?: Partial<ContainerSpec>): ContainerSpec;
  /** Creates and starts a container. */
  launch(change?: Partial<ContainerSpec>): Promise<{ instanceId: InstanceId; pid: number }>;
  /** Runs a container to its end. */
  finish(change?: Partial<ContainerSpec>): Promise<Outcome>;
  /** Runs a shell script in a container to its end. */
  script(text: string, change?: Partial<ContainerSpec>): Promise<Outcome>;
  exit(instanceId: InstanceId): Promise<ExitStatus>;
  log(instanceId: InstanceId): { readonly stdout: string; readonly stderr: string };
}

const WAIT_MS = 20_000;

/** On disposal everything is taken down, and the machine must be as it was. */
export async function openWardenLab(): Promise<WardenLab> {
  const stateDir = mkdtempSync(join(tmpdir(), 'sprue-warden-'));
  const tag = createHash('sha256').update(stateDir).digest('hex').slice(0, 8);
  const netns = `sprue-t-${randomBytes(3).toString('hex')}-w`;
  const scope: LeakScope = { marks: [stateDir, `sprue-${tag}`, netns], folders: [stateDir] };
  const before = await readMachine(scope);
  await run(['ip', 'netns', 'add', netns]);
  await run(['ip', '-n', netns, 'link', 'set', 'lo', 'up']);
  const open = () => createWarden({ stateDir, log: silentLog });
  const warden = open();

  const lab: WardenLab = {
    stateDir,
    warden,
    another: open,
    spec: change => ({ ...standardSpec(netns), ...change }),
    async launch(change) {
      const spec = lab.spec(change);
      await warden.create(spec);
      return { instanceId: spec.instanceId, ...(await warden.start(spec.instanceId)) };
    },
    async finish(change) {
      const { instanceId } = await lab.launch(change);
      const exit = await lab.exit(instanceId);
      const outcome = { exit, ...lab.log(instanceId) };
      await warden.destroy(instanceId);
      return outcome;
    },
    script: (text, change) => lab.finish({ args: ['/bin/bash', '-c', text], ...change }),
    exit: id => warden.waitForExit(id, AbortSignal.timeout(WAIT_MS)),
    log: id => readLog(warden.logPath(id)),
    async [Symbol.asyncDispose]() {
      await warden.tearDown();
      await run(['ip', 'netns', 'del', netns]);
      await assertNoLeak(before, scope);
      await rm(stateDir, { recursive: true });
    },
  };
  return lab;
}

function standardSpec(netns: string): ContainerSpec {
  return {
    instanceId: newInstanceId(),
    netnsPath: `/run/netns/${netns}`,
    hostname: 'hello-0',
    args: ['/bin/true'],
    cwd: '/home/vcap',
    env: { PATH: '/opt/node/bin:/usr/local/bin:/usr/bin:/bin', HOME: '/home/vcap' },
    memoryMib: 128,
    diskMib: 512,
    pids: 64,
    containerIp: '10.254.0.7',
    nameservers: ['169.254.0.1'],
    mounts: [
      { source: dirname(dirname(process.execPath)), destination: '/opt/node', readOnly: true },
    ],
  };
}

/** Reads conmon's format, joining what was cut in parts (`P`) and ended (`F`). */
function readLog(path: string): { readonly stdout: string; readonly stderr: string } {
  const streams = { stdout: '', stderr: '' };
  for (const line of readFileSync(path, 'utf8').split('\n').filter(Boolean)) {
    const match = /^\S+ (stdout|stderr) ([PF]) (.*)$/.exec(line);
    if (match === null) throw new Error(`not a log line: ${line}`);
    streams[match[1] as 'stdout' | 'stderr'] += match[3] + (match[2] === 'F' ? '\n' : '');
  }
  return streams;
}
