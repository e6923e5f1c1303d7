import type { ActualInstance } from '../../proto/actual-instance.ts';
import { instanceKey } from '../../proto/buckets.ts';
import type { DesiredInstance } from '../../proto/desired-instance.ts';
import type { DeploymentFailure, DeploymentReason } from '../../proto/v3/deployment.ts';
import { effectiveHealthCheck } from '../domain/process-version.ts';
import type { ProcessRecord } from '../domain/records.ts';
import {
  type AppModel,
  type AppWorld,
  actualByKey,
  isReady,
  wantedInstances,
} from './app-model.ts';

/** The next state of a deployment. */
export interface DeploymentStep {
  readonly state: DeploymentReason;
  readonly failure?: DeploymentFailure;
}

/** What a DEA gets beyond the start timeout before the controller gives up in its place. */
const SLACK_MS = 30_000;
/** An instance of the old version that has no host after this long will not get one soon. */
const PLACING_MS = 5_000;
/** How long a running instance may wait for its routers. */
const ROUTABLE_TIMEOUT_MS = 60_000;

interface Slot {
  readonly process: ProcessRecord;
  readonly index: number;
  readonly wish: DesiredInstance | undefined;
  readonly actual: ActualInstance | undefined;
  /** Instances of other versions at the same index. */
  readonly leftOver: number;
}

/** Whether a deployment goes on, is complete or has to be given up. `undefined`: no change. */
export function advanceDeployment(
  model: AppModel,
  world: AppWorld,
  nowMs: number,
): DeploymentStep | undefined {
  const { app, deployment } = model;
  if (deployment === undefined) return undefined;
  if (app.state === 'STOPPED') return { state: 'CANCELED' };
  const slots = slotsOf(model, world);
  if (deployment.state === 'DEPLOYING') {
    const failure = slots.map(slot => failureOf(slot, nowMs)).find(found => found !== undefined);
    if (failure !== undefined) return { state: 'CANCELING', failure };
    return slots.every(isReplaced) ? { state: 'DEPLOYED' } : undefined;
  }
  const waitedMs = nowMs - deployment.stateSinceMs;
  return slots.every(slot => isRestored(slot, waitedMs)) ? { state: 'CANCELED' } : undefined;
}

/** Instances at the version that the deployment leads to: how many are ready, how many are wanted. */
export function deploymentProgress(
  model: AppModel,
  world: AppWorld,
): { readonly ready: number; readonly wanted: number } {
  const slots = slotsOf(model, world);
  return { ready: slots.filter(slot => isReady(slot.actual)).length, wanted: slots.length };
}

function slotsOf(model: AppModel, world: AppWorld): Slot[] {
  const actual = actualByKey(world.actual);
  return model.processes.flatMap(process =>
    Array.from({ length: wantedInstances(model.app, process) }, (_, index) => {
      const here = world.desired.filter(
        wish => wish.processGuid === process.guid && wish.index === index,
      );
      const wish = here.find(one => one.version === process.version?.guid);
      const leftOver = here.length - (wish === undefined ? 0 : 1);
      const found = wish && actual.get(instanceKey(wish.deaId, wish.guid));
      return { process, index, wish, actual: found, leftOver };
    }),
  );
}

function isReplaced(slot: Slot): boolean {
  return isReady(slot.actual) && slot.leftOver === 0;
}

/**
 * The old version is back, for better or worse: if it crashed before, it may crash again, and if there
 * was no room for all of it before, there is none now.
 */
function isRestored(slot: Slot, waitedMs: number): boolean {
  if (slot.leftOver > 0) return false;
  if (slot.wish === undefined) return waitedMs > PLACING_MS;
  return isReady(slot.actual) || slot.actual?.state === 'CRASHED';
}

function failureOf(slot: Slot, nowMs: number): DeploymentFailure | undefined {
  const reason = failureReason(slot, nowMs);
  if (reason === undefined) return undefined;
  return deploymentFailure(slot.process.type, slot.index, reason, slot.actual);
}

function failureReason({ process, actual }: Slot, nowMs: number): string | undefined {
  if (actual === undefined) return undefined;
  if (actual.state === 'CRASHED' || actual.crash !== undefined) {
    return actual.listenProblem?.text ?? actual.crash?.reason ?? 'It crashed';
  }
  const waitedMs = nowMs - actual.sinceMs;
  const { startTimeoutSec } = effectiveHealthCheck((process.version ?? process).settings);
  if (actual.state === 'STARTING' && waitedMs > startTimeoutSec * 1000 + SLACK_MS) {
    return actual.listenProblem?.text ?? `It was not ready within ${startTimeoutSec} s`;
  }
  if (actual.state === 'RUNNING' && !actual.routable && waitedMs > ROUTABLE_TIMEOUT_MS) {
    return 'It runs, but no router confirmed its route';
  }
  return undefined;
}

export function deploymentFailure(
  processType: string,
  index: number,
  reason: string,
  actual?: ActualInstance,
): DeploymentFailure {
  return {
    reason,
    process_type: processType,
    index,
    exit_status: actual?.crash?.exitStatus ?? null,
    last_lines: actual?.crash?.lastLines ?? [],
    listen_problem: actual?.listenProblem ?? null,
  };
}
