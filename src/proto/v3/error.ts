import type { ErrorCode } from '../../core/error-table.ts';

/** Body of every answer with a status of 400 or more, except those of `/oauth/token`. */
export interface V3ErrorBody {
  readonly errors: readonly V3Error[];
}

export interface V3Error {
  /** Cloud Foundry's number. */
  readonly code: number;
  /** Cloud Foundry's name, e.g. `CF-UnprocessableEntity`. */
  readonly title: string;
  readonly detail: string;
  /** Sprue's addition: the stable code and what to do next. Absent from other servers. */
  readonly sprue?: { readonly code: ErrorCode; readonly next: string };
}

/** Body of a failed `/oauth/token` (RFC 6749 §5.2). */
export interface OauthErrorBody {
  readonly error: string;
  readonly error_description: string;
}
