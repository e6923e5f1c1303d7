import { z } from 'zod';
import { type Guid, type InstanceId, isGuid } from '../core/ids.ts';

/** The one schema of ids in messages; `core/ids.ts` says what an id looks like. */
export const guidSchema = z.custom<Guid>(isId, 'must be a guid');
export const instanceIdSchema = z.custom<InstanceId>(isId, 'must be an instance id');

function isId(value: unknown): boolean {
  return typeof value === 'string' && isGuid(value);
}
