import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aDroplet, anApp, aProcess, aRoute, guidOf } from './fixtures.ts';
import { defaultSettings } from './limits.ts';
import {
  changeSettings,
  effectiveHealthCheck,
  freezeVersion,
  missingProcessTypes,
  urisOf,
  type VersionContext,
} from './process-version.ts';

const CONTEXT: VersionContext = {
  app: anApp({ env: { A: '1' } }),
  process: aProcess(),
  droplet: aDroplet(),
  routes: [aRoute('b.example.org'), aRoute('a.example.org/x')],
  space: { guid: guidOf('space'), name: 'dev' },
  organization: { guid: guidOf('org'), name: 'sprue' },
  versionGuid: guidOf('v1'),
  apiUrl: 'http://api.example.org',
};

const DESTINATION = {
  guid: guidOf('to'),
  appGuid: guidOf('app'),
  processType: 'web',
  protocol: 'http1',
} as const;

test('freezeVersion fixes command, environment, limits and VCAP_APPLICATION', () => {
  const version = freezeVersion(CONTEXT);
  assert.equal(version.startCommand, 'node server.js');
  assert.deepEqual(version.env, { VCAP_SERVICES: '{}', A: '1' });
  assert.equal(version.appPort, 8080);
  assert.deepEqual(version.vcapApplication['uris'], ['a.example.org/x', 'b.example.org']);
  assert.deepEqual(version.vcapApplication['limits'], { fds: 16384, mem: 256, disk: 1024 });
  assert.equal(version.vcapApplication['application_version'], guidOf('v1'));
  assert.equal(version.vcapApplication['space_name'], 'dev');
});

test('freezeVersion prefers the user’s command and needs one', () => {
  const settings = { ...defaultSettings('web'), command: 'mine' };
  assert.equal(freezeVersion({ ...CONTEXT, process: aProcess({ settings }) }).startCommand, 'mine');
  const droplet = aDroplet({ processTypes: {} });
  assert.throws(() => freezeVersion({ ...CONTEXT, droplet }), { code: 'PROCESS_WITHOUT_COMMAND' });
});

test('the port that a route asks for is the app’s port, and other ports get no route', () => {
  const routes = [
    aRoute('a.org', { destinations: [{ ...DESTINATION, port: 9000 }] }),
    aRoute('b.org', { destinations: [{ ...DESTINATION, port: null }] }),
    aRoute('c.org', { destinations: [{ ...DESTINATION, port: 9001 }] }),
  ];
  assert.equal(freezeVersion({ ...CONTEXT, routes }).appPort, 9000);
  assert.deepEqual(urisOf(aProcess(), 9000, routes), ['a.org', 'b.org']);
  assert.deepEqual(urisOf(aProcess({ type: 'worker' }), 9000, routes), []);
});

test('effectiveHealthCheck fills in what nobody said', () => {
  assert.deepEqual(effectiveHealthCheck(defaultSettings('web')), {
    type: 'port',
    endpoint: '/',
    startTimeoutSec: 60,
    invocationTimeoutSec: 1,
  });
  assert.equal(effectiveHealthCheck(defaultSettings('worker')).type, 'process');
});

test('changeSettings changes what is said and nothing else', () => {
  const before = { ...defaultSettings('web'), command: 'old' };
  assert.deepEqual(changeSettings(before, {}), before);
  assert.deepEqual(changeSettings(before, { healthCheck: { type: undefined } }), before);
  assert.equal(changeSettings(before, { command: null }).command, null);
  const after = changeSettings(before, { memoryMib: 5, healthCheck: { type: 'http' } });
  assert.deepEqual([after.memoryMib, after.diskMib, after.healthCheck.type], [5, 1024, 'http']);
});

test('missingProcessTypes are those that the droplet adds', () => {
  const droplet = aDroplet({ processTypes: { web: 'a', worker: 'b' } });
  assert.deepEqual(missingProcessTypes(droplet, [aProcess()]), ['worker']);
});
