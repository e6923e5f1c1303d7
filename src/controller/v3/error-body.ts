import { SprueError, toSprueError } from '../../core/errors.ts';
import type { V3Error, V3ErrorBody } from '../../proto/v3/error.ts';

export interface ErrorAnswer {
  readonly status: number;
  readonly body: V3ErrorBody;
}

/** Status and body for anything that a handler threw. Several mistakes come together. */
export function errorAnswer(thrown: unknown): ErrorAnswer {
  const errors = thrown instanceof AggregateError ? thrown.errors : [thrown];
  const known = errors.map(toSprueError);
  const status = known[0]?.entry.status ?? 500;
  return { status, body: { errors: known.map(v3Error) } };
}

function v3Error(error: SprueError): V3Error {
  const [code, title] = error.entry.v3;
  return {
    code,
    title,
    detail: error.message,
    sprue: { code: error.code, next: error.next },
  };
}

/** Errors of fastify and of Node, by their codes, as ours. */
export function fromFastify(thrown: unknown): unknown {
  const { code, statusCode, message } = thrown as {
    code?: unknown;
    statusCode?: unknown;
    message?: string;
  };
  if (thrown instanceof SprueError || typeof code !== 'string') return thrown;
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
    case 'FST_REQ_FILE_TOO_LARGE':
      return new SprueError('UPLOAD_TOO_LARGE', { limit: 'size' }, { cause: thrown });
    default:
      if (!code.startsWith('FST_') || typeof statusCode !== 'number' || statusCode >= 500) {
        return thrown;
      }
      return new SprueError('BODY_UNREADABLE', { reason: message ?? code }, { cause: thrown });
  }
}
