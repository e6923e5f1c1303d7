/** An unsigned JWT: the client reads `exp` only. */
export function fakeToken(options: {
  readonly expiresInSec: number;
  readonly name?: string;
}): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + options.expiresInSec;
  return `${part({ alg: 'HS256' })}.${part({ exp, user_name: options.name ?? 'admin' })}.c2ln`;
}
