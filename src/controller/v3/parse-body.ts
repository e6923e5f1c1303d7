import type { z } from 'zod';
import { SprueError } from '../../core/errors.ts';

/**
 * Checks a request body. An absent body is an empty object.
 * @throws AggregateError of SprueErrors `BODY_INVALID`, one for each mistake, in Cloud Foundry's words
 */
export function parseBody<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  throw new AggregateError(result.error.issues.map(describe), 'the request body is invalid');
}

function describe(issue: z.core.$ZodIssue): SprueError {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const fields = issue.keys.map(key => `'${path === '' ? '' : `${path}.`}${key}'`).join(', ');
    return new SprueError('BODY_INVALID', { reason: `Unknown field(s): ${fields}` });
  }
  const subject = path === '' ? 'The request body' : `“${path}”`;
  return new SprueError('BODY_INVALID', { reason: `${subject}: ${issue.message}` });
}
