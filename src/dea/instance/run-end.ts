import { formatMib } from '../../core/size.ts';
import type { ListenProblem } from '../../proto/actual-instance.ts';
import type { DesiredInstance } from '../../proto/desired-instance.ts';
import type { ExitStatus } from '../../warden/warden.ts';

/** How a run ended, or why it must. */
export type RunEnd =
  | { readonly type: 'exited'; readonly exit: ExitStatus }
  | {
      readonly type: 'unhealthy';
      readonly reason: string;
      readonly listenProblem: ListenProblem | undefined;
    }
  /** It has written more than it may. */
  | { readonly type: 'disk-full' }
  /** No container answers to the run any more. */
  | { readonly type: 'vanished' };

export interface CrashCause {
  readonly reason: string;
  readonly exitStatus?: number;
  readonly listenProblem?: ListenProblem;
}

/** What the crash report says. */
export function crashCause(end: RunEnd, desired: DesiredInstance): CrashCause {
  switch (end.type) {
    case 'exited': {
      const { code, outOfMemory } = end.exit;
      const memory = `out of memory (${formatMib(desired.memoryMib)})`;
      return { exitStatus: code, reason: outOfMemory ? memory : `Exited with status ${code}` };
    }
    case 'unhealthy': {
      const { reason, listenProblem } = end;
      if (listenProblem === undefined) return { reason: `Instance ${reason}` };
      return { reason: `${listenProblem.text} Instance ${reason}`, listenProblem };
    }
    case 'disk-full':
      return { reason: `out of disk (${formatMib(desired.diskMib)})` };
    case 'vanished':
      return { reason: 'The container was gone when the agent came back' };
    default:
      throw end satisfies never;
  }
}

/** The line for the app's log. */
export function endLine(end: RunEnd, desired: DesiredInstance): string {
  if (end.type !== 'exited') return crashCause(end, desired).reason;
  return `Exit status ${end.exit.code}${end.exit.outOfMemory ? ' (out of memory)' : ''}`;
}
