import { type ActualInstance, actualInstanceSchema } from './actual-instance.ts';
import { type DesiredInstance, desiredInstanceSchema } from './desired-instance.ts';
import {
  type StagingResult,
  type StagingTask,
  stagingResultSchema,
  stagingTaskSchema,
} from './staging.ts';

/** What the bucket `desired` holds. */
export type Desired = DesiredInstance | StagingTask;
/** What the bucket `actual` holds, under the same keys. */
export type Actual = ActualInstance | StagingResult;

/** @throws ZodError */
export function decodeDesired(json: unknown): Desired {
  return isStaging(json) ? stagingTaskSchema.parse(json) : desiredInstanceSchema.parse(json);
}

/** @throws ZodError */
export function decodeActual(json: unknown): Actual {
  return isStaging(json) ? stagingResultSchema.parse(json) : actualInstanceSchema.parse(json);
}

function isStaging(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'buildGuid' in json;
}
