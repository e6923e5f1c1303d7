import { rm } from 'node:fs/promises';
import { reasonOf, SprueError } from '../core/errors.ts';
import { silentLog } from '../core/log.ts';
import { stopProcess, stopRecordedProcess } from '../roles/kept-process.ts';
import { natsRecordFile } from '../roles/nats-server.ts';
import { findLockHolder } from '../roles/process-lock.ts';
import { routerRecordFile } from '../roles/router-process.ts';
import { untargetLocalUser } from './cli-target.ts';
import { hostLayers } from './host-layers.ts';
import { type PlatformRecord, readPlatformRecord } from './platform-record.ts';
import type { Report } from './report.ts';
import { type StateDir, stateDir } from './state-dir.ts';
import { apiHost, httpUrl } from './urls.ts';

export interface DownOptions {
  readonly stateDir: string;
  /** Also remove everything that was stored: apps, droplets, logs, passwords. */
  readonly purge: boolean;
  readonly report: Report;
}

const UP_GRACE_MS = 20_000;
const ROUTER_GRACE_MS = 15_000;
const NATS_GRACE_MS = 10_000;

/**
 * Takes the platform down: every process, container, namespace, rule and cgroup of it. Goes on past
 * failures and tells of all of them at the end; what is already gone is success.
 * @throws SprueError `PLATFORM_NOT_HERE`, `TEARDOWN_INCOMPLETE`
 */
export async function down({ stateDir: root, purge, report }: DownOptions): Promise<void> {
  const dir = stateDir(root);
  const record = await readPlatformRecord(dir);
  if (record === undefined) throw new SprueError('PLATFORM_NOT_HERE', { stateDir: root });
  const problems: string[] = [];
  for (const [name, action] of steps(dir, record, purge)) {
    report.step(name);
    await action().catch(thrown => problems.push(`${name}: ${reasonOf(thrown)}`));
  }
  if (problems.length > 0)
    throw new SprueError('TEARDOWN_INCOMPLETE', { problems: problems.join('; ') });
}

type Step = readonly [name: string, action: () => Promise<void>];

/** The agent first, so that it starts nothing anew; the router before the containers, so that it drains. */
function steps(dir: StateDir, record: PlatformRecord, purge: boolean): Step[] {
  const layers = () => hostLayers(dir, record, silentLog); // may fail like any other step
  const stopping: Step[] = [
    ['stopping controller and DEA', () => stopUp(dir)],
    [
      'stopping the router',
      () => stopRecordedProcess(routerRecordFile(dir.router), ROUTER_GRACE_MS),
    ],
    ['removing containers', async () => layers().warden.tearDown()],
    ['removing the host network', async () => layers().hostnet.tearDown()],
    ['stopping nats-server', () => stopRecordedProcess(natsRecordFile(dir.nats), NATS_GRACE_MS)],
  ];
  if (!purge) return stopping;
  return [
    ...stopping,
    ['removing what was stored', () => rm(dir.root, { recursive: true, force: true })],
    [
      'forgetting the target',
      () => untargetLocalUser(httpUrl(apiHost(record.domain), record.httpPort)),
    ],
  ];
}

async function stopUp(dir: StateDir): Promise<void> {
  const running = await findLockHolder(dir.upFile);
  if (running !== undefined && running.pid !== process.pid) await stopProcess(running, UP_GRACE_MS);
  await rm(dir.upFile, { force: true });
}
