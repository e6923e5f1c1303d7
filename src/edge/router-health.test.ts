import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { afterProbe, type ProbeOutcome, unknownHealth } from './router-health.ts';

/** State and time since when, after probes one millisecond apart. */
function after(...outcomes: readonly ProbeOutcome[]): string {
  let health = unknownHealth(0);
  outcomes.forEach((outcome, index) => {
    health = afterProbe(health, outcome, index + 1);
  });
  return `${health.state} since ${health.sinceMs}`;
}

describe('afterProbe()', () => {
  test('one success brings a router up, and later ones change nothing', () => {
    assert.equal(after('well'), 'up since 1');
    assert.equal(after('well', 'well', 'well'), 'up since 1');
    assert.equal(after('silent', 'silent', 'well'), 'up since 3');
  });

  test('two failures in a row bring it down, one does not', () => {
    assert.equal(after('well', 'silent'), 'up since 1');
    assert.equal(after('well', 'silent', 'well', 'unwell'), 'up since 1');
    assert.equal(after('well', 'silent', 'unwell'), 'down since 3');
    assert.equal(after('well', 'silent', 'silent', 'silent'), 'down since 3');
  });

  test('a router that never answered is unknown first, then down', () => {
    assert.equal(after('silent'), 'unknown since 0');
    assert.equal(after('silent', 'silent'), 'down since 2');
  });

  test('remembers whether it still answers', () => {
    const draining = afterProbe(unknownHealth(0), 'unwell', 1);
    assert.equal(draining.lastFailure, 'unwell');
    assert.equal(afterProbe(draining, 'silent', 2).lastFailure, 'silent');
    assert.equal(afterProbe(draining, 'well', 2).lastFailure, undefined);
  });

  test('tells a router that came back from one that has just started', () => {
    const started = afterProbe(unknownHealth(0), 'well', 1);
    assert.equal(started.recoveredMs, undefined);
    const down = afterProbe(afterProbe(started, 'silent', 2), 'silent', 3);
    const back = afterProbe(down, 'well', 4);
    assert.equal(back.recoveredMs, 4);
    assert.equal(afterProbe(back, 'well', 5).recoveredMs, 4);
  });
});
