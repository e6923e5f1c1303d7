import { rm } from 'node:fs/promises';
import { SprueError } from '../core/errors.ts';
import { poll } from '../core/wait.ts';
import { run } from '../exec/run.ts';
import { isConmonStarting } from './conmon.ts';
import type { Container } from './container.ts';
import { killAll } from './process-signals.ts';
import type { Runc } from './runc.ts';
import { conmonHasReported } from './start-container.ts';

const KILL_TIMEOUT_MS = 10_000;
const CONMON_TIMEOUT_MS = 2_000;
const REMOVE_TIMEOUT_MS = 300_000;

/**
 * Removes a container in any state, also half-made or half-destroyed. The folder goes last: as long
 * as it is there, the container is listed and this is tried again.
 * @param ended is called when all processes have ended and the exit file, if any, is written.
 * @throws SprueError `CONTAINER_STUCK`, or what a step failed with.
 */
export async function destroyContainer(
  container: Container,
  runc: Runc,
  ended: () => void,
): Promise<void> {
  const { instanceId, folder, cgroup } = container;
  await conmonHasReported(container, () => hasAnyConmon(container));
  await endProcesses(container);
  await endConmon(container);
  ended();
  await runc.delete(instanceId);
  await cgroup.remove();
  await rm(folder.exitFile, { force: true });
  await removeFolder(folder.path);
}

function hasAnyConmon(container: Container): boolean {
  if (container.conmonPid() === 0) return isConmonStarting(container.instanceId);
  return container.hasConmon();
}

async function endProcesses(container: Container): Promise<void> {
  if (await killAll(container.cgroup, container.initPid(), KILL_TIMEOUT_MS)) return;
  throw new SprueError('CONTAINER_STUCK', {
    instance: container.instanceId,
    pids: container.cgroup.processes().join(', '),
  });
}

/** conmon ends by itself once it has written the exit file. */
async function endConmon(container: Container): Promise<void> {
  const hasEnded = () => !container.hasConmon() || undefined;
  if (await poll(hasEnded, { intervalMs: 3, timeoutMs: CONMON_TIMEOUT_MS })) return;
  process.kill(container.conmonPid(), 'SIGKILL');
}

/** rm(1), unlike Node's, copes with paths that an app made longer than the kernel's limit. */
async function removeFolder(path: string): Promise<void> {
  const argv = ['rm', '--recursive', '--force', '--one-file-system', '--', path] as const;
  await run([...argv], { timeoutMs: REMOVE_TIMEOUT_MS });
}
