import { reasonOf, SprueError } from '../core/errors.ts';
import { poll } from '../core/wait.ts';
import { launchConmon } from './conmon.ts';
import type { Container } from './container.ts';
import type { WardenFolder } from './container-folder.ts';
import type { Runc } from './runc.ts';

/** `runc create` takes 30 ms on an idle machine. */
const CREATE_TIMEOUT_MS = 20_000;

/**
 * Starts a container, or carries on where an agent that was killed stopped.
 * @returns the host pid of its first process.
 */
export async function startContainer(
  container: Container,
  folder: WardenFolder,
  runc: Runc,
): Promise<number> {
  const { instanceId } = container;
  if (!container.isComplete()) throw new SprueError('CONTAINER_MISSING', { instance: instanceId });
  await conmonHasReported(container, () => container.hasConmon());
  const state = container.state();
  if (state === 'exited') throw startFailed(container, 'it has ended before.');
  if (state === 'running') return container.initPid();
  const pid = container.isAlive()
    ? container.initPid()
    : await launchConmon(instanceId, container.folder, folder);
  try {
    await runc.start(instanceId);
  } catch (error) {
    throw startFailed(container, reasonOf(error), error);
  }
  return pid;
}

/**
 * Waits while a conmon of an earlier agent is still between its start and the container's first
 * process; looking or killing in that moment would miss what it makes next.
 */
export async function conmonHasReported(
  container: Container,
  hasConmon: () => boolean,
): Promise<void> {
  const isDone = () => container.initPid() !== 0 || !hasConmon() || undefined;
  await poll(isDone, { intervalMs: 5, timeoutMs: CREATE_TIMEOUT_MS });
}

function startFailed(container: Container, reason: string, cause?: unknown): SprueError {
  const details = { instance: container.instanceId, reason };
  return new SprueError('CONTAINER_START_FAILED', details, { cause });
}
