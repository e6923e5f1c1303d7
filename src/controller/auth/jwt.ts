import { createHmac, timingSafeEqual } from 'node:crypto';

/** A JSON Web Token (RFC 7519) signed with HMAC-SHA-256 (RFC 7518 §3.2). No other algorithm is known. */
export type Claims = Readonly<Record<string, unknown>>;

const HEADER = base64url(JSON.stringify({ alg: 'HS256', typ: 'JWT' }));

export function signJwt(claims: Claims, key: string): string {
  const content = `${HEADER}.${base64url(JSON.stringify(claims))}`;
  return `${content}.${signature(content, key).toString('base64url')}`;
}

/**
 * The claims of a token with a good signature and an `exp` in the future; otherwise why it is refused.
 * The header must be exactly the one that {@link signJwt} writes, so no token chooses its algorithm.
 */
export function verifyJwt(
  token: string,
  key: string,
  nowMs: number,
): { readonly claims: Claims } | { readonly refused: string } {
  const [header, payload, mac, ...rest] = token.split('.');
  if (header !== HEADER || payload === undefined || mac === undefined || rest.length > 0) {
    return { refused: 'it is no token of this platform' };
  }
  const expected = signature(`${header}.${payload}`, key);
  const actual = Buffer.from(mac, 'base64url');
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) {
    return { refused: 'its signature is wrong' };
  }
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
  const { exp } = claims;
  if (typeof exp !== 'number' || exp * 1000 <= nowMs) return { refused: 'it has expired' };
  return { claims };
}

function signature(content: string, key: string): Buffer {
  return createHmac('sha256', key).update(content).digest();
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
