import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFixture } from '../../trace/correlate/read-fixture.ts';
import { isComplete } from './is-complete.ts';

const DEAS: Readonly<Record<string, string>> = { '10.0.0.12': 'dea-2', '10.0.0.13': 'dea-1' };

function isCompleteWithout(name: string, missing: readonly string[] = []): boolean {
  const { observations, armed, silent } = readFixture(name);
  return isComplete({
    observations: observations.filter(({ source }) => !missing.includes(source)),
    agents: [...armed, ...silent],
    deaAt: host => DEAS[host],
  });
}

test('a trace is complete when everybody who stood ready has spoken', () => {
  for (const name of ['three-hosts', 'retry', 'loopback-bind', 'unknown-route', 'name-unknown']) {
    assert.equal(isCompleteWithout(name), true, name);
  }
  for (const missing of ['client', 'router', 'edge-nat', 'dea-nat', 'container']) {
    assert.equal(isCompleteWithout('three-hosts', [missing]), false, `without ${missing}`);
  }
});

test('nobody waits for what cannot come', () => {
  assert.equal(isCompleteWithout('dea-cut'), false, 'a DEA that was silent may only be slow');
  assert.equal(isCompleteWithout('platform-endpoint'), true, 'the API is in no container');
  assert.equal(isCompleteWithout('router-dead'), true, 'refused before a router');
  assert.equal(isCompleteWithout('router-dead', ['edge-nat']), false, 'but the edge knows of it');
  const { observations } = readFixture('three-hosts');
  const client = observations.filter(({ source }) => source === 'client');
  assert.equal(isComplete({ observations: client, agents: [], deaAt: () => undefined }), true);
});
