import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { SprueError } from '../../core/errors.ts';
import { OAUTH_CLIENT, type TokenAnswer, type TokenClaims } from '../../proto/v3/token.ts';
import type { Actor } from '../services.ts';
import { type Claims, signJwt, verifyJwt } from './jwt.ts';
import { LoginThrottle } from './login-throttle.ts';
import { verifyPassword } from './password.ts';

export interface AuthorityOptions {
  readonly adminUser: string;
  /** As `hashPassword` makes it. */
  readonly adminPasswordHash: string;
  /** Secret that signs tokens; a new one ends every session. */
  readonly tokenKey: string;
  readonly clock: Clock;
}

const ACCESS_TOKEN_SEC = 1_200;
const REFRESH_TOKEN_SEC = 30 * 24 * 3600;
const SCOPE = ['cloud_controller.admin', 'cloud_controller.read', 'cloud_controller.write'];

/** Who may use the API: one administrator, who gets tokens for a password. */
export class Authority {
  readonly #options: AuthorityOptions;
  readonly #throttle: LoginThrottle;
  readonly #admin: Actor;

  constructor(options: AuthorityOptions) {
    this.#options = options;
    this.#throttle = new LoginThrottle(options.clock);
    this.#admin = { guid: stableGuid(options.adminUser), name: options.adminUser, type: 'user' };
  }

  /** @throws SprueError `LOGIN_REFUSED`, `LOGIN_THROTTLED` */
  async logIn(user: string, password: string, address: string): Promise<TokenAnswer> {
    const waitMs = this.#throttle.waitMs(address);
    if (waitMs > 0) throw new SprueError('LOGIN_THROTTLED', { seconds: Math.ceil(waitMs / 1000) });
    const { adminUser, adminPasswordHash } = this.#options;
    const isRight = await verifyPassword(password, adminPasswordHash);
    if (user !== adminUser || !isRight) {
      this.#throttle.failed(address);
      throw new SprueError('LOGIN_REFUSED');
    }
    this.#throttle.succeeded(address);
    return this.#issue();
  }

  /** @throws SprueError `INVALID_TOKEN` */
  refresh(token: string): TokenAnswer {
    this.#verify(token, 'refresh');
    return this.#issue();
  }

  /** The holder of an access token. @throws SprueError `INVALID_TOKEN` */
  authenticate(token: string): Actor {
    this.#verify(token, 'access');
    return this.#admin;
  }

  #verify(token: string, use: 'access' | 'refresh'): Claims {
    const verdict = verifyJwt(token, this.#options.tokenKey, this.#options.clock.now());
    if ('refused' in verdict) throw new SprueError('INVALID_TOKEN', { reason: verdict.refused });
    const { claims } = verdict;
    if (claims['use'] !== use || claims['user_id'] !== this.#admin.guid) {
      throw new SprueError('INVALID_TOKEN', { reason: `it is no ${use} token of a known user` });
    }
    return claims;
  }

  #issue(): TokenAnswer {
    const iat = Math.floor(this.#options.clock.now() / 1000);
    const claims: TokenClaims = {
      jti: randomUUID(),
      user_id: this.#admin.guid,
      user_name: this.#admin.name,
      origin: 'uaa',
      client_id: OAUTH_CLIENT,
      scope: SCOPE,
      iat,
      exp: iat + ACCESS_TOKEN_SEC,
    };
    const refresh = { ...claims, jti: randomUUID(), exp: iat + REFRESH_TOKEN_SEC, use: 'refresh' };
    const { tokenKey } = this.#options;
    return {
      access_token: signJwt({ ...claims, use: 'access' }, tokenKey),
      refresh_token: signJwt(refresh, tokenKey),
      token_type: 'bearer',
      expires_in: ACCESS_TOKEN_SEC - 1,
      scope: SCOPE.join(' '),
      jti: claims.jti,
    };
  }
}

/** The same user has the same guid on every start. */
function stableGuid(name: string): string {
  const hex = createHash('sha256').update(`sprue user ${name}`).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`, // RFC 9562 version 8: made by a rule of one's own
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
