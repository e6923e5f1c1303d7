import { ERRORS, type ErrorCode } from '../../core/error-table.ts';
import { SprueError } from '../../core/errors.ts';
import type { V3Error, V3ErrorBody } from '../../proto/v3/error.ts';
import type { HttpAnswer } from './http-client.ts';

/** An error that the API answered: its own words, under the stable code it named. */
export class RemoteError extends SprueError {
  readonly #next: string;
  /** HTTP status of the answer. */
  readonly status: number;

  constructor(code: ErrorCode, text: string, next: string, status: number) {
    super(code, { detail: text, status });
    this.message = text;
    this.#next = next;
    this.status = status;
  }

  override get next(): string {
    return this.#next;
  }
}

/** The error for an answer with a status of 400 or more. */
export function errorOfAnswer(answer: HttpAnswer, request: string, api: string): SprueError {
  const { status } = answer;
  // The router answers in the API's place when no controller is registered with it.
  if (answer.headers['x-cf-routererror'] !== undefined) {
    const reason = `the router has no controller to pass the request to (status ${status})`;
    return new SprueError('API_UNREACHABLE', { api, reason });
  }
  const errors = parseErrors(answer.text);
  if (errors.length === 0) {
    if (status === 401) return new SprueError('NOT_LOGGED_IN', { api });
    const detail = answer.text.slice(0, 200).trim() || '(no text)';
    return new SprueError('API_FAILED', { request, status, detail });
  }
  const detail = errors.map(error => error.detail).join('\n');
  const known = errors[0]?.sprue;
  if (known && Object.hasOwn(ERRORS, known.code)) {
    return new RemoteError(known.code, detail, known.next, status);
  }
  return errorOfStatus(status, detail, request, api);
}

function errorOfStatus(status: number, detail: string, request: string, api: string): SprueError {
  if (status === 401) return new SprueError('NOT_LOGGED_IN', { api });
  if (status === 403) return new SprueError('API_FORBIDDEN', { detail });
  if (status === 404) return new RemoteError('NO_SUCH', detail, '', status);
  if (status >= 500) return new SprueError('API_FAILED', { request, status, detail });
  return new RemoteError('API_REJECTED', detail, '', status);
}

function parseErrors(text: string): readonly V3Error[] {
  try {
    const body = JSON.parse(text) as Partial<V3ErrorBody> | null;
    const errors = Array.isArray(body?.errors) ? body.errors : [];
    return errors.filter(error => typeof error?.detail === 'string');
  } catch {
    return [];
  }
}
