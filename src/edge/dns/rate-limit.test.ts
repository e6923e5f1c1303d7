import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clientPrefix } from './client-prefix.ts';
import { RateLimit, type RateLimitOptions } from './rate-limit.ts';

function limited(options: RateLimitOptions) {
  const clock = { ms: 0, now: () => clock.ms };
  return { clock, limit: new RateLimit(clock, options) };
}

const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

describe('RateLimit', () => {
  test('lets a burst through, then lets every second query slip', () => {
    const { limit } = limited({ repliesPerSecond: 10, burst: 2, slip: 2 });
    const verdicts = times(6, () => limit.take('192.0.2.1'));
    assert.deepEqual(verdicts, ['reply', 'reply', 'drop', 'slip', 'drop', 'slip']);
  });

  test('refills with time, up to the burst, and not when the clock is set back', () => {
    const { clock, limit } = limited({ repliesPerSecond: 10, burst: 2 });
    const replies = () =>
      times(5, () => limit.take('192.0.2.1')).filter(one => one === 'reply').length;
    assert.equal(replies(), 2);
    clock.ms += 100;
    assert.equal(replies(), 1);
    clock.ms += 60_000;
    assert.equal(replies(), 2);
    clock.ms -= 60_000;
    assert.equal(replies(), 0);
  });

  test('counts a network as one client, and others apart', () => {
    const { limit } = limited({ burst: 1 });
    assert.equal(limit.take('192.0.2.1'), 'reply');
    assert.notEqual(limit.take('192.0.2.2'), 'reply');
    assert.equal(limit.take('192.0.3.1'), 'reply');
  });

  test('forgets the client that was silent longest when there are too many', () => {
    const { limit } = limited({ burst: 1, maxClients: 2 });
    for (const address of ['10.0.1.1', '10.0.2.1', '10.0.1.1', '10.0.3.1']) limit.take(address);
    assert.equal(limit.clients, 2);
    assert.notEqual(limit.take('10.0.1.1'), 'reply');
    for (let net = 0; net < 5_000; net++) limit.take(`10.${net >> 8}.${net & 255}.1`);
    assert.equal(limit.clients, 2);
  });
});

test('clientPrefix() is /24 for IPv4 and /48 for IPv6, however the address is written', () => {
  assert.equal(clientPrefix('192.0.2.77'), '192.0.2');
  assert.equal(clientPrefix('::ffff:192.0.2.77'), '192.0.2');
  assert.equal(clientPrefix('2001:db8:1:2::3'), '2001:db8:1');
  assert.equal(clientPrefix('2001:db8::3'), '2001:db8:0');
  assert.equal(clientPrefix('2001:db8::2:3:4:5:6'), '2001:db8:0');
  assert.equal(clientPrefix('::1'), '0:0:0');
  assert.equal(clientPrefix('fe80::1%eth0'), 'fe80:0:0');
});
