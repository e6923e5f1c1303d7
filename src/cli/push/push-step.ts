import { SprueError } from '../../core/errors.ts';
import type { App } from '../../proto/v3/app.ts';
import type { Api } from '../api/api.ts';
import type { RouterAnswer } from '../api/fetch-through-router.ts';
import type { CliContext } from '../context.ts';
import type { Place } from '../place.ts';
import type { Progress } from '../render/progress.ts';
import type { Source } from './gather-files.ts';
import type { AppPush } from './plan-push.ts';
import type { Zip } from './zip-files.ts';

export interface PushOptions {
  readonly start: boolean;
  readonly strategy: 'rolling' | 'restart';
}

/** What every step of a push may use. */
export interface PushTools {
  readonly context: CliContext;
  readonly api: Api;
  readonly place: Place;
  readonly progress: Progress;
  readonly options: PushOptions;
}

/** What the steps have made so far for one app. Each step adds to it. */
export interface PushState {
  readonly push: AppPush;
  readonly source: Source;
  readonly app: App;
  readonly zip?: Zip;
  readonly packageGuid?: string;
  readonly dropletGuid?: string;
  /** Names of what staged it. */
  readonly buildpacks?: readonly string[];
  readonly url?: string;
  readonly answer?: RouterAnswer;
}

export type PushStep = (state: PushState, tools: PushTools) => Promise<PushState>;

/** What an earlier step has made. The order of steps guarantees that it is there. */
export function made<Key extends keyof PushState>(
  state: PushState,
  key: Key,
): Exclude<PushState[Key], undefined> {
  const value = state[key];
  if (value !== undefined) return value as Exclude<PushState[Key], undefined>;
  throw new SprueError('INTERNAL', { reason: `a push reached a step without its ${key}` });
}
