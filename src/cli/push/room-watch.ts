import type { InstanceStats } from '../../proto/v3/process-stats.ts';
import { failureOf, isReady, type StartFailure } from './judge-start.ts';

/** Room that instances about to stop give back is there by then. */
const NO_ROOM_MS = 5_000;

/**
 * Watches for instances that no host has room for. When all the others are up and that stays so,
 * waiting longer is for the platform, not for a person in front of a terminal.
 */
export class RoomWatch {
  #sinceMs: number | undefined;

  /** The failure, once it is certain. */
  look(instances: readonly InstanceStats[], nowMs: number): StartFailure | undefined {
    const waiting = instances.filter(instance => !isReady(instance));
    const homeless = waiting.filter(hasNoRoom);
    const [first] = homeless;
    if (first === undefined || homeless.length < waiting.length) {
      this.#sinceMs = undefined;
      return undefined;
    }
    this.#sinceMs ??= nowMs;
    if (nowMs - this.#sinceMs < NO_ROOM_MS) return undefined;
    const failure = failureOf(first);
    const others = homeless.length - 1;
    if (others === 0) return failure;
    return { ...failure, reason: `${failure.reason} (and ${others} more like it)` };
  }
}

/** Never placed: nothing of it exists, and the controller says why. */
function hasNoRoom(instance: InstanceStats): boolean {
  return instance.state === 'DOWN' && (instance.details ?? '').startsWith('insufficient resources');
}
