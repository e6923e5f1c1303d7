import type { ListenProblem } from '../../proto/actual-instance.ts';
import type { DeploymentFailure } from '../../proto/v3/deployment.ts';
import type { InstanceStats } from '../../proto/v3/process-stats.ts';

/** Why an app does not run. */
export interface StartFailure {
  readonly processType: string;
  readonly index: number;
  readonly reason: string;
  readonly exitStatus: number | undefined;
  readonly lastLines: readonly string[];
  readonly listenProblem: ListenProblem | undefined;
}

export type StartVerdict =
  | { readonly kind: 'waiting'; readonly ready: number; readonly wanted: number }
  | { readonly kind: 'up'; readonly wanted: number }
  | { readonly kind: 'failed'; readonly failure: StartFailure };

/** The DEA starts an instance three times at once; one that still crashes will not mend itself. */
const HOPELESS_CRASHES = 3;

/**
 * What the instances of a start tell so far. An instance that crashed may come up at its next try,
 * unless its listening address is wrong or it has crashed too often.
 */
export function judgeStart(instances: readonly InstanceStats[]): StartVerdict {
  for (const instance of instances) {
    if (isHopeless(instance)) return { kind: 'failed', failure: failureOf(instance) };
  }
  const ready = instances.filter(isReady).length;
  const wanted = instances.length;
  return ready === wanted ? { kind: 'up', wanted } : { kind: 'waiting', ready, wanted };
}

export function isReady(instance: InstanceStats): boolean {
  const current = instance.sprue?.current ?? true;
  return instance.state === 'RUNNING' && instance.routable !== false && current;
}

/** What ails one instance, in words. */
export function failureOf(instance: InstanceStats): StartFailure {
  const crash = instance.sprue?.crash ?? undefined;
  const problem = instance.sprue?.listen_problem ?? undefined;
  return {
    processType: instance.type,
    index: instance.index,
    reason: crash?.reason ?? problem?.text ?? instance.details ?? `it is ${instance.state}`,
    exitStatus: crash?.exit_status ?? undefined,
    lastLines: crash?.last_lines ?? [],
    listenProblem: problem,
  };
}

export function failureOfDeployment(failure: DeploymentFailure): StartFailure {
  return {
    processType: failure.process_type,
    index: failure.index,
    reason: failure.reason,
    exitStatus: failure.exit_status ?? undefined,
    lastLines: failure.last_lines,
    listenProblem: failure.listen_problem ?? undefined,
  };
}

function isHopeless(instance: InstanceStats): boolean {
  const crash = instance.sprue?.crash ?? undefined;
  const problem = instance.sprue?.listen_problem ?? undefined;
  if (instance.sprue?.current === false) return false;
  if (problem !== undefined && (crash !== undefined || instance.state === 'RUNNING')) return true;
  if (instance.state === 'RUNNING') return false;
  // A platform without Sprue's additions tells a crash by the state alone.
  if (instance.sprue === undefined) return instance.state === 'CRASHED';
  return crash !== undefined && crash.count >= HOPELESS_CRASHES;
}
