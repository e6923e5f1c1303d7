import { readdirSync, readFileSync } from 'node:fs';
import { SprueError } from '../core/errors.ts';
import type { InstanceId } from '../core/ids.ts';
import { launch, REPORT_FD } from '../exec/launch.ts';
import type { ContainerFolder, WardenFolder } from './container-folder.ts';
import { requireProgram } from './programs.ts';
import { reasonOfRunc } from './runc.ts';

/** A container's log is emptied when it reaches this: a flood must not fill the host's disk. */
export const LOG_MAX_BYTES = 16 * 2 ** 20;

const REPORT_TIMEOUT_MS = 20_000;

/**
 * Lets conmon make the container by `runc create`. conmon stays beside the container, in a session
 * of its own: it writes the container's output to the log and its exit status to a file, and needs
 * nobody for it.
 * @returns host pid of the container's first process, which waits for `runc start`.
 * @throws SprueError `CONTAINER_START_FAILED` with what runc said.
 */
export async function launchConmon(
  instanceId: InstanceId,
  folder: ContainerFolder,
  warden: WardenFolder,
): Promise<number> {
  const runtime = requireProgram('runc');
  const argv = [
    ...([requireProgram('conmon'), '--api-version', '1', '--runtime', runtime] as const),
    ...['--cid', instanceId, '--cuuid', instanceId, '--name', instanceId],
    ...['--bundle', folder.path, '--container-pidfile', folder.pidFile],
    ...['--conmon-pidfile', folder.conmonPidFile, '--exit-dir', warden.exits],
    ...['--log-path', `k8s-file:${folder.log}`, '--log-size-max', String(LOG_MAX_BYTES)],
    '--full-attach', // without it a link under /var/run/crio is left behind
    '--no-new-keyring', // the kernel allows 200 per user id; seccomp denies all calls for keys
    ...[`--runtime-arg=--root`, `--runtime-arg=${warden.runc}`],
  ] as const;
  const env = { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin', _OCI_SYNCPIPE: `${REPORT_FD}` };
  const cwd = folder.path; // out of memory, conmon writes a file `oom` where it stands
  const report = await launch([...argv], { env, cwd, timeoutMs: REPORT_TIMEOUT_MS });
  return readReport(report, instanceId);
}

/** conmon reports `{"data": <pid>}`, or a negative number and runc's message. */
function readReport(line: string, instanceId: InstanceId): number {
  const report = JSON.parse(line) as { readonly data: number; readonly message?: string };
  if (report.data > 0) return report.data;
  const reason = reasonOfRunc(report.message ?? '') || 'conmon did not say why';
  throw new SprueError('CONTAINER_START_FAILED', { instance: instanceId, reason });
}

/** Whether a pid is the conmon of a container, and not a process that got its number later. */
export function isConmonOf(pid: number, instanceId: InstanceId): boolean {
  try {
    const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return argv.includes('--conmon-pidfile') && argv.includes(instanceId);
  } catch {
    return false;
  }
}

/** Looks through all processes: a conmon that has just been started has written no pid file yet. */
export function isConmonStarting(instanceId: InstanceId): boolean {
  const pids = readdirSync('/proc').filter(name => /^[0-9]+$/.test(name));
  return pids.some(pid => isConmonOf(Number(pid), instanceId));
}
