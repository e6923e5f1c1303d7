import { SprueError } from '../../core/errors.ts';
import type { InstanceId } from '../../core/ids.ts';
import type { ListenProblem } from '../../proto/actual-instance.ts';
import { crashCountAfter, restartDelayMs } from './backoff.ts';

/** The newest crash of an instance and how many there were since it last ran well. */
export interface Crash {
  readonly count: number;
  readonly atMs: number;
  readonly reason: string;
  readonly exitStatus?: number;
  readonly lastLines: readonly string[];
}

/** What every status says about the newest run. */
interface Frame {
  readonly instanceId: InstanceId;
  /** When the state was entered. */
  readonly sinceMs: number;
  /** The crash before this run, if any: it counts until the instance has run well for long enough. */
  readonly crash: Crash | undefined;
}

/** Where one desired instance stands. The arms hold only what is legal there. */
export type InstanceStatus =
  | (Frame & { readonly state: 'STARTING'; readonly listenProblem: ListenProblem | undefined })
  | (Frame & { readonly state: 'RUNNING'; readonly routable: boolean })
  | (Frame & { readonly state: 'STOPPING' })
  | (Frame & { readonly state: 'STOPPED' })
  | {
      readonly state: 'CRASHED';
      readonly instanceId: InstanceId;
      readonly sinceMs: number;
      readonly crash: Crash;
      readonly nextStartMs: number;
      readonly listenProblem: ListenProblem | undefined;
    };

export type InstanceEvent =
  /** How the app listens was looked at while it is not healthy yet. */
  | { readonly type: 'listening'; readonly problem: ListenProblem | undefined }
  | { readonly type: 'healthy'; readonly atMs: number; readonly routable: boolean }
  /** Routers have confirmed the registration, or have yet to. */
  | { readonly type: 'routable'; readonly routable: boolean }
  | {
      readonly type: 'crashed';
      readonly atMs: number;
      readonly reason: string;
      readonly exitStatus?: number;
      readonly lastLines: readonly string[];
      readonly listenProblem?: ListenProblem;
    }
  /** The back-off is over, or the instance is wanted again. */
  | { readonly type: 'start'; readonly atMs: number; readonly instanceId: InstanceId }
  | { readonly type: 'stop'; readonly atMs: number }
  /** Nothing is left of the run. */
  | { readonly type: 'gone'; readonly atMs: number };

type EventOf<T extends InstanceEvent['type']> = Extract<InstanceEvent, { type: T }>;

/** The first status of an instance that never ran. */
export function born(instanceId: InstanceId, atMs: number): InstanceStatus {
  return {
    state: 'STARTING',
    instanceId,
    sinceMs: atMs,
    crash: undefined,
    listenProblem: undefined,
  };
}

/**
 * The status after an event.
 * @throws SprueError `ILLEGAL_TRANSITION` when the event cannot happen in that state.
 */
export function next(status: InstanceStatus, event: InstanceEvent): InstanceStatus {
  switch (event.type) {
    case 'listening':
      if (status.state !== 'STARTING') throw illegal(status, event);
      return { ...status, listenProblem: event.problem };
    case 'healthy':
      if (status.state !== 'STARTING') throw illegal(status, event);
      return {
        state: 'RUNNING',
        instanceId: status.instanceId,
        sinceMs: event.atMs,
        crash: status.crash,
        routable: event.routable,
      };
    case 'routable':
      if (status.state !== 'RUNNING') throw illegal(status, event);
      return { ...status, routable: event.routable };
    case 'crashed':
      return crashed(status, event);
    case 'start':
      return started(status, event);
    case 'stop':
      if (status.state === 'STOPPED' || status.state === 'STOPPING') throw illegal(status, event);
      return ended('STOPPING', status, event.atMs);
    case 'gone':
      if (status.state !== 'STOPPING') throw illegal(status, event);
      return ended('STOPPED', status, event.atMs);
    default:
      throw event satisfies never;
  }
}

function crashed(status: InstanceStatus, event: EventOf<'crashed'>): InstanceStatus {
  if (status.state !== 'STARTING' && status.state !== 'RUNNING') throw illegal(status, event);
  const ranMs = status.state === 'RUNNING' ? event.atMs - status.sinceMs : 0;
  const count = crashCountAfter(status.crash?.count ?? 0, ranMs);
  return {
    state: 'CRASHED',
    instanceId: status.instanceId,
    sinceMs: event.atMs,
    crash: {
      count,
      atMs: event.atMs,
      reason: event.reason,
      lastLines: event.lastLines,
      ...(event.exitStatus !== undefined && { exitStatus: event.exitStatus }),
    },
    nextStartMs: event.atMs + restartDelayMs(count),
    listenProblem: event.listenProblem,
  };
}

/** A crash is remembered over the restart; a stop on purpose wipes the slate. */
function started(status: InstanceStatus, event: EventOf<'start'>): InstanceStatus {
  if (status.state !== 'CRASHED' && status.state !== 'STOPPED') throw illegal(status, event);
  const fresh = born(event.instanceId, event.atMs);
  return status.state === 'CRASHED' ? { ...fresh, crash: status.crash } : fresh;
}

function ended(
  state: 'STOPPING' | 'STOPPED',
  { instanceId, crash }: InstanceStatus,
  atMs: number,
): InstanceStatus {
  return { state, instanceId, sinceMs: atMs, crash };
}

function illegal(status: InstanceStatus, event: InstanceEvent): SprueError {
  return new SprueError('ILLEGAL_TRANSITION', { state: status.state, event: event.type });
}
