import { setTimeout as delay } from 'node:timers/promises';
import { reasonOf } from '../../core/errors.ts';
import type { InstanceId } from '../../core/ids.ts';
import type { DesiredInstance } from '../../proto/desired-instance.ts';
import type { ExitStatus } from '../../warden/warden.ts';
import type { InstanceHost } from './instance-host.ts';
import { endpointOf, type Run } from './run.ts';

/** A process that got SIGKILL is gone within this time, or the kernel is in trouble. */
const KILLED_WITHIN_MS = 5_000;
const DISCARD_TRIES = 3;
const DISCARD_RETRY_MS = 500;

/**
 * Ends a run on purpose: routes away and confirmed, requests in flight answered, SIGTERM, SIGKILL.
 * @returns whether every router has confirmed, so that nobody uses the host port any more.
 * @throws the signal's reason when aborted; the run can be ended again by a later call.
 */
export async function stopRun(
  desired: DesiredInstance,
  run: Run,
  host: InstanceHost,
  signal: AbortSignal,
): Promise<boolean> {
  const { routes, logs, timings, deaId, clock } = host;
  const confirmed = await routes.withdraw(endpointOf(desired, run, clock.now()));
  if (desired.uris.length > 0) await delay(timings.drainMs, undefined, { signal });
  logs.say(desired, `Cell ${deaId} stopping instance ${run.instanceId}`);
  await terminate(run.instanceId, host, signal);
  return confirmed;
}

async function terminate(
  instanceId: InstanceId,
  { warden, timings, log }: InstanceHost,
  signal: AbortSignal,
): Promise<void> {
  const within = (timeoutMs: number): Promise<ExitStatus | undefined> =>
    warden
      .waitForExit(instanceId, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]))
      .catch(() => undefined);
  await warden.signal(instanceId, 'SIGTERM');
  const exited = await within(timings.stopGraceMs);
  signal.throwIfAborted();
  // Children may outlive the first process only where that is not the end of the PID namespace.
  await warden.signal(instanceId, 'SIGKILL');
  if (exited !== undefined || (await within(KILLED_WITHIN_MS)) !== undefined) return;
  signal.throwIfAborted();
  log.error({ instance: instanceId }, 'a container survives SIGKILL');
}

/**
 * Removes all that is left of a run: what still runs, its output, container, network. Every step is
 * tried; what fails is tried again. Absent is success.
 */
export async function discardRun(instanceId: InstanceId, host: InstanceHost): Promise<void> {
  const { warden, hostnet, logs, log } = host;
  await warden.signal(instanceId, 'SIGKILL').catch(() => {}); // destroy() below tells if this matters
  await logs.finish(instanceId);
  let steps = [() => warden.destroy(instanceId), () => hostnet.detach(instanceId)];
  for (let tries = 1; steps.length > 0 && tries <= DISCARD_TRIES; tries++) {
    if (tries > 1) await delay(DISCARD_RETRY_MS);
    const failed: typeof steps = [];
    for (const step of steps) {
      await step().catch(thrown => {
        failed.push(step);
        log.error({ instance: instanceId, tries, reason: reasonOf(thrown) }, 'clean-up failed');
      });
    }
    steps = failed;
  }
}
