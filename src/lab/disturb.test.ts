import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDelayMs } from './commands/delay.ts';
import { parseShare } from './commands/loss.ts';
import { lossRules } from './disturb.ts';
import { findHost } from './find-host.ts';
import { planLab } from './lab-plan.ts';

const plan = planLab({ name: 'lab', routers: 1, deas: 1, domain: 'example.com' });

test('lossRules() drops that share in both directions of every link, and nothing at 0', () => {
  const edge = lossRules(findHost(plan, 'edge'), 2.5);
  assert.match(edge, /iifname "edge" numgen random mod 10000 < 250 drop/);
  assert.match(edge, /oifname "edge-outside" numgen random mod 10000 < 250 drop/);
  assert.match(lossRules(findHost(plan, 'dea-1'), 100), /iifname "dea-1" drop/);
  assert.doesNotMatch(lossRules(findHost(plan, 'dea-1'), 0), /drop/);
});

test('shares and times are read with their units only', () => {
  assert.equal(parseShare('5%'), 5);
  assert.equal(parseShare('0.25%'), 0.25);
  assert.equal(parseShare('100%'), 100);
  for (const text of ['', '5', '101%', '-1%', '5 %', '1e1%'])
    assert.throws(() => parseShare(text), /not a share/, text);
  assert.equal(parseDelayMs('20ms'), 20);
  for (const text of ['', '20', '20s', '-1ms', '10001ms'])
    assert.throws(() => parseDelayMs(text), /not a time/, text);
});
