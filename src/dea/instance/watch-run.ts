import type { ListenProblem } from '../../proto/actual-instance.ts';
import type { DesiredInstance } from '../../proto/desired-instance.ts';
import { awaitHealthy, awaitUnhealthy, type WatchedInstance } from '../health/health-monitor.ts';
import { ListenWatch } from '../health/listen-watch.ts';
import { firstOf } from './first-of.ts';
import type { InstanceHost } from './instance-host.ts';
import { insideAddress, type Run } from './run.ts';
import type { RunEnd } from './run-end.ts';
import { watchDisk } from './watch-disk.ts';

interface Watch {
  readonly desired: DesiredInstance;
  readonly run: Run;
  readonly host: InstanceHost;
  readonly signal: AbortSignal;
}

/**
 * Watches a run until it is healthy or has ended.
 * @param onListening told when the way the app listens becomes, or stops being, a problem.
 * @returns `undefined` when the signal aborted before.
 */
export async function watchStart(
  watch: Watch,
  onListening: (problem: ListenProblem | undefined) => void,
): Promise<RunEnd | 'healthy' | undefined> {
  const listening = listenWatch(watch);
  let reported: ListenProblem | undefined;
  const onFailedProbe = async (): Promise<void> => {
    const problem = await listening?.look(watch.host.clock.now());
    if (problem?.code === reported?.code || watch.signal.aborted) return;
    reported = problem;
    onListening(problem);
  };
  return await firstOf<RunEnd | 'healthy'>(watch.signal, [
    signal => exited(watch, signal),
    signal => filled(watch, signal),
    async signal => {
      const reason = await awaitHealthy({ ...watched(watch, signal), onFailedProbe });
      if (reason === undefined) return 'healthy';
      return { type: 'unhealthy', reason, listenProblem: await listening?.verdict() };
    },
  ]);
}

/**
 * Watches a healthy run until it has ended or counts as unhealthy.
 * @returns `undefined` when the signal aborted before.
 */
export async function watchLife(watch: Watch): Promise<RunEnd | undefined> {
  return await firstOf<RunEnd>(watch.signal, [
    signal => exited(watch, signal),
    signal => filled(watch, signal),
    async signal => {
      const reason = await awaitUnhealthy(watched(watch, signal));
      return { type: 'unhealthy', reason, listenProblem: undefined };
    },
  ]);
}

async function exited({ run, host }: Watch, signal: AbortSignal): Promise<RunEnd> {
  return { type: 'exited', exit: await host.warden.waitForExit(run.instanceId, signal) };
}

async function filled({ desired, run, host }: Watch, signal: AbortSignal): Promise<RunEnd> {
  const limitBytes = desired.diskMib * 2 ** 20;
  await watchDisk(run.instanceId, { warden: host.warden, limitBytes, signal });
  return { type: 'disk-full' };
}

function watched({ desired, run, host }: Watch, signal: AbortSignal): WatchedInstance {
  const { timings } = host;
  return { check: desired.healthCheck, target: insideAddress(run), timings, signal };
}

/** An app with a `process` check need not listen. */
function listenWatch({ desired, run, host }: Watch): ListenWatch | undefined {
  if (desired.healthCheck.type === 'process') return undefined;
  return new ListenWatch({
    port: desired.appPort,
    read: () => host.listening(run.pid),
    suspicionMs: host.timings.listenSuspicionMs,
  });
}
