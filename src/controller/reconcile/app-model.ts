import type { ActualInstance } from '../../proto/actual-instance.ts';
import { instanceKey } from '../../proto/buckets.ts';
import type { DesiredInstance } from '../../proto/desired-instance.ts';
import type { AppRecord, DeploymentRecord, ProcessRecord, RouteRecord } from '../domain/records.ts';
import type { Host } from '../placement/choose-dea.ts';

/** One app as the user wants it. */
export interface AppModel {
  readonly app: AppRecord;
  readonly processes: readonly ProcessRecord[];
  readonly routes: readonly RouteRecord[];
  /** The deployment that is under way. */
  readonly deployment: DeploymentRecord | undefined;
}

/** What has been asked of the DEAs for this app, and what they say. */
export interface AppWorld {
  readonly desired: readonly DesiredInstance[];
  readonly actual: readonly ActualInstance[];
  /** Live hosts; `siblings` is filled in by the plan. */
  readonly hosts: readonly Omit<Host, 'siblings'>[];
  isGone(deaId: string): boolean;
}

/** What fulfils each wish, by key. */
export function actualByKey(
  actual: readonly ActualInstance[],
): ReadonlyMap<string, ActualInstance> {
  return new Map(actual.map(instance => [instanceKey(instance.deaId, instance.guid), instance]));
}

/** Serving: runs, and every router knows where. */
export function isReady(instance: ActualInstance | undefined): boolean {
  return instance?.state === 'RUNNING' && instance.routable;
}

/** Instances of a process that should exist now. */
export function wantedInstances(app: AppRecord, process: ProcessRecord): number {
  return app.state === 'STARTED' && process.version !== undefined ? process.instances : 0;
}
