import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { newGuid, newInstanceId } from '../../src/core/ids.ts';
import { run } from '../../src/exec/run.ts';
import type { ActualInstance } from '../../src/proto/actual-instance.ts';
import { healthCheckSchema } from '../../src/proto/desired-instance.ts';
import { enterLab } from '../kit/enter-lab.ts';
import { eventually } from '../kit/eventually.ts';
import { DeaLab, SERVER } from './open-dea.ts';

const net = await enterLab(import.meta.filename);
let lab: DeaLab;
beforeEach(async () => {
  lab = await DeaLab.open(net);
});
afterEach(() => lab[Symbol.asyncDispose]());

const processCheck = healthCheckSchema.parse({ type: 'process' });

async function pidOf({ instanceId }: ActualInstance): Promise<number | undefined> {
  const container = (await lab.warden.list()).find(one => one.instanceId === instanceId);
  return container?.state === 'running' ? container.pid : undefined;
}

/** The rules and elements, without counters. */
async function ruleset(): Promise<string> {
  const { stdout } = await run(['nft', '-s', 'list', 'table', 'inet', 'sprue']);
  return stdout;
}

test('kill -9 of the agent: apps answer all the time, and are adopted as they are', async () => {
  await lab.startProcess();
  const wish = await lab.wish(SERVER, { uris: ['adopt.example.com'] });
  await lab.want(wish);
  const before = await lab.running(wish.guid);
  const [pid, rules] = [await pidOf(before), await ruleset()];

  let asked = 0;
  let stop = false;
  const load = (async () => {
    while (!stop) {
      assert.equal(await lab.ask(before), before.instanceId);
      asked++;
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  })();
  await lab.killProcess();
  await lab.ask(before, '/say/while the agent was away');
  lab.router.messages.length = 0;
  await lab.startProcess();
  await eventually(() => lab.router.messages.some(text => text.startsWith('register')), 1_000);
  stop = true;
  await load;

  assert.ok(asked > 20, `only ${asked} requests`);
  const after = await lab.running(wish.guid);
  assert.equal(after.instanceId, before.instanceId);
  assert.deepEqual(after.network, before.network);
  assert.equal(await pidOf(after), pid);
  assert.equal(await ruleset(), rules);
  assert.equal(after.crash, undefined);
  assert.ok(!lab.router.messages.some(text => text.startsWith('unregister')));
  await eventually(async () =>
    (await lab.output(wish.appGuid)).includes('while the agent was away'),
  );
});

test('an app that died while the agent was away is reported as crashed once', async () => {
  await lab.startProcess();
  const wish = await lab.wish(SERVER);
  await lab.want(wish);
  const before = await lab.running(wish.guid);
  await lab.killProcess();
  await lab.ask(before, '/exit').catch(() => {});
  await eventually(async () => (await pidOf(before)) === undefined);
  lab.reports.delete(wish.guid);
  await lab.startProcess();
  const after = await lab.reported(
    wish.guid,
    report => report.instanceId !== before.instanceId && report.state === 'RUNNING',
  );
  assert.equal(after.crash?.count, 1);
  assert.equal(after.crash?.reason, 'Exited with status 3');
  const crashes = lab.reports.get(wish.guid)?.filter(report => report?.state === 'CRASHED');
  assert.equal(crashes?.length, 1);
  assert.equal((await lab.warden.list()).length, 1);
});

test('an instance that is not wanted any more is stopped gracefully; orphans go', async () => {
  await lab.startProcess();
  const wish = await lab.wish(SERVER, { uris: ['unwanted.example.com'] });
  await lab.want(wish);
  await lab.running(wish.guid);
  await lab.killProcess();
  await lab.unwant(wish.guid);
  await lab.hostnet.setUp();
  const orphan = await lab.hostnet.attach({
    instanceId: newInstanceId(),
    appGuid: newGuid(),
    index: 0,
  });
  await lab.startProcess();
  await lab.gone(wish.guid);
  assert.deepEqual(lab.router.endpoints('unwanted.example.com'), []);
  await eventually(async () => (await lab.output(wish.appGuid)).includes('got SIGTERM'));
  assert.deepEqual(await lab.warden.list(), []);
  const { stdout } = await run(['ip', 'netns']);
  assert.ok(!stdout.includes(orphan.netns));
});

test('kill -9 in the middle of starts: half containers go, every instance comes up', async () => {
  const wish = await lab.wish(SERVER);
  const wishes = Array.from({ length: 4 }, (_, index) => ({ ...wish, index, guid: newGuid() }));
  for (const round of [20, 60, 120, 200]) {
    await lab.startProcess();
    for (const one of wishes) await lab.want(one);
    await new Promise(resolve => setTimeout(resolve, round));
    await lab.killProcess();
  }
  await lab.startProcess();
  const all = await Promise.all(wishes.map(({ guid }) => lab.running(guid, 20_000)));
  for (const report of all) assert.equal(await lab.ask(report), report.instanceId);
  const ids = new Set(all.map(({ instanceId }) => instanceId));
  const containers = await lab.warden.list();
  assert.deepEqual(new Set(containers.map(({ instanceId }) => instanceId)), ids);
  const attached = (await lab.hostnet.list()).map(({ instanceId }) => instanceId);
  assert.deepEqual(new Set(attached), ids);
});

test('kill -9 in the middle of a stop: the stop goes on', async () => {
  await lab.startProcess();
  const deaf = { startCommand: `trap '' TERM; sleep 1000`, healthCheck: processCheck };
  const wish = await lab.wish({}, { ...deaf, uris: ['stop.example.com'] });
  await lab.want(wish);
  await lab.running(wish.guid);
  await lab.unwant(wish.guid);
  await lab.reported(wish.guid, ({ state }) => state === 'STOPPING');
  await lab.killProcess();
  await lab.startProcess();
  await lab.gone(wish.guid);
  assert.deepEqual(await lab.warden.list(), []);
  assert.deepEqual(await lab.hostnet.list(), []);
});

test('a damaged record is reported, and the instance is adopted all the same', async () => {
  await lab.startProcess();
  const wish = await lab.wish(SERVER);
  await lab.want(wish);
  const before = await lab.running(wish.guid);
  await lab.killProcess();
  await writeFile(join(lab.stateDir, 'dea/instances', `${wish.guid}.json`), '{"desired": {');
  lab.reports.delete(wish.guid);
  await lab.startProcess();
  await eventually(async () => (await readdir(join(lab.stateDir, 'dea/instances'))).length === 1);
  assert.equal((await lab.running(wish.guid)).instanceId, before.instanceId);
  assert.equal(await lab.ask(before), before.instanceId);
  assert.equal((await lab.warden.list()).length, 1);
});

test('NATS away at the start: the agent waits, apps answer, then it adopts them', async () => {
  await lab.start();
  const wish = await lab.wish(SERVER);
  await lab.want(wish);
  const before = await lab.running(wish.guid);
  await lab.leave();
  const starting = lab.startWhileAway();
  await new Promise(resolve => setTimeout(resolve, 1_500));
  assert.equal(await lab.ask(before), before.instanceId);
  await lab.nats.resume();
  await starting;
  const after = await lab.running(wish.guid);
  assert.equal(after.instanceId, before.instanceId);
});

test('NATS away while apps run: they answer, crashes are mended, and all is told later', async () => {
  await lab.start();
  const wish = await lab.wish(SERVER, { uris: ['away.example.com'] });
  await lab.want(wish);
  const before = await lab.running(wish.guid);
  await lab.nats.kill();
  await lab.ask(before, '/say/into the dark');
  await lab.ask(before, '/exit').catch(() => {});
  await eventually(async () => {
    const [attachment] = await lab.hostnet.list();
    if (attachment === undefined || attachment.instanceId === before.instanceId) return false;
    const url = `http://${attachment.containerIp}:8080/`;
    const answer = await fetch(url).then(
      response => response.text(),
      () => '',
    );
    return answer === attachment.instanceId;
  }, 10_000);
  await lab.nats.resume();
  const after = await lab.reported(
    wish.guid,
    report =>
      report.instanceId !== before.instanceId && report.state === 'RUNNING' && report.routable,
    20_000,
  );
  assert.equal(after.crash?.reason, 'Exited with status 3');
  const { host, hostPort } = after.network ?? {};
  await eventually(() => {
    const endpoints = lab.router.endpoints('away.example.com');
    return endpoints.length === 1 && endpoints[0] === `${host}:${hostPort}`;
  }, 10_000);
  await eventually(async () => (await lab.output(wish.appGuid)).includes('into the dark'), 10_000);
});

test('logs: over restarts and kills of the agent no line is lost or doubled', async () => {
  await lab.startProcess();
  const script = 'for i in $(seq 1 400); do echo "line $i"; sleep 0.01; done; sleep 1000';
  const wish = await lab.wish({}, { startCommand: script, healthCheck: processCheck, uris: [] });
  await lab.want(wish);
  await lab.running(wish.guid);
  for (let kills = 0; kills < 3; kills++) {
    await new Promise(resolve => setTimeout(resolve, 700));
    await lab.killProcess();
    await lab.startProcess();
  }
  await eventually(async () => (await lab.output(wish.appGuid)).includes('line 400'), 15_000);
  const expected = Array.from({ length: 400 }, (_, index) => `line ${index + 1}`);
  assert.deepEqual(await lab.output(wish.appGuid), expected);
});
