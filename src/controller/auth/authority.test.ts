import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Authority } from './authority.ts';
import { signJwt, verifyJwt } from './jwt.ts';
import { LoginThrottle } from './login-throttle.ts';
import { hashPassword, verifyPassword } from './password.ts';

class MovableClock {
  ms = 1_700_000_000_000;
  now = () => this.ms;
}

const HASH = await hashPassword('secret');

function authority(clock = new MovableClock(), tokenKey = 'key'): Authority {
  return new Authority({ adminUser: 'admin', adminPasswordHash: HASH, tokenKey, clock });
}

test('a password is known by its hash only', async () => {
  assert.notEqual(await hashPassword('secret'), HASH, 'every hash has a salt of its own');
  assert.equal(await verifyPassword('secret', HASH), true);
  assert.equal(await verifyPassword('Secret', HASH), false);
  assert.equal(await verifyPassword('secret', 'plain:secret'), false);
});

test('a token says who it is, until it expires or the key changes', async () => {
  const clock = new MovableClock();
  const authorised = authority(clock);
  const { access_token } = await authorised.logIn('admin', 'secret', '1.2.3.4');
  assert.equal(authorised.authenticate(access_token).name, 'admin');
  assert.equal(
    authority(clock).authenticate(access_token).guid,
    authorised.authenticate(access_token).guid,
  );
  assert.throws(() => authority(clock, 'other').authenticate(access_token), /signature is wrong/);
  clock.ms += 1_201_000;
  assert.throws(() => authorised.authenticate(access_token), /expired/);
});

test('a refresh token gives new tokens, and is no access token', async () => {
  const clock = new MovableClock();
  const authorised = authority(clock);
  const { access_token, refresh_token } = await authorised.logIn('admin', 'secret', 'a');
  clock.ms += 24 * 3600 * 1000;
  const { access_token: fresh } = authorised.refresh(refresh_token);
  assert.equal(authorised.authenticate(fresh).name, 'admin');
  assert.throws(() => authorised.authenticate(refresh_token), { code: 'INVALID_TOKEN' });
  assert.throws(() => authorised.refresh(access_token), { code: 'INVALID_TOKEN' });
});

test('wrong names and passwords look the same', async () => {
  const refused = { code: 'LOGIN_REFUSED' };
  await assert.rejects(authority().logIn('admin', 'wrong', 'a'), refused);
  await assert.rejects(authority().logIn('nobody', 'secret', 'a'), refused);
});

test('verifyJwt accepts nothing but its own header', () => {
  const good = signJwt({ exp: 2 }, 'key');
  const [, payload, mac] = good.split('.');
  assert.deepEqual(verifyJwt(good, 'key', 1_000), { claims: { exp: 2 } });
  const header = (text: string) => Buffer.from(text).toString('base64url');
  for (const token of [
    '',
    'a.b',
    `${good}.x`,
    `${header('{"alg":"none"}')}.${payload}.`,
    `${header('{"alg":"HS512","typ":"JWT"}')}.${payload}.${mac}`,
    good.slice(0, -2),
    signJwt({ exp: 2 }, ''),
    signJwt({}, 'key'),
  ]) {
    assert.ok('refused' in verifyJwt(token, 'key', 1_000), token);
  }
});

test('LoginThrottle makes a guesser wait longer and longer, and nobody else', () => {
  const clock = new MovableClock();
  const throttle = new LoginThrottle(clock);
  for (let n = 0; n < 4; n++) throttle.failed('guesser');
  assert.equal(throttle.waitMs('guesser'), 0);
  const waits = Array.from({ length: 8 }, () => {
    throttle.failed('guesser');
    return throttle.waitMs('guesser') / 1000;
  });
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
  assert.equal(throttle.waitMs('other'), 0);
  clock.ms += 60_000;
  assert.equal(throttle.waitMs('guesser'), 0);
  throttle.succeeded('guesser');
  throttle.failed('guesser');
  assert.equal(throttle.waitMs('guesser'), 0);
});
