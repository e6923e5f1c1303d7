/** `GET /login`: what to ask a person before `POST /oauth/token`. */
export interface LoginDocument {
  readonly app: { readonly version: string };
  readonly prompts: Readonly<Record<string, readonly [type: string, label: string]>>;
  readonly links: { readonly uaa: string; readonly login: string };
}

/** Answer of `POST /oauth/token`. The form is `grant_type=password&username&password` or `grant_type=refresh_token&refresh_token`, with Basic authorisation `cf:`. */
export interface TokenAnswer {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly token_type: 'bearer';
  /** Seconds. */
  readonly expires_in: number;
  readonly scope: string;
  readonly jti: string;
}

/** Claims of an access token (a JWT, HS256). */
export interface TokenClaims {
  readonly jti: string;
  readonly user_id: string;
  readonly user_name: string;
  readonly origin: string;
  readonly client_id: string;
  readonly scope: readonly string[];
  /** Seconds since the epoch. */
  readonly iat: number;
  readonly exp: number;
}

/** The client that `cf` and `sprue` log in as; its secret is empty. */
export const OAUTH_CLIENT = 'cf';
