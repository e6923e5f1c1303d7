import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeaEvent } from './kit/fake-dea.ts';
import { stagesAs } from './kit/fake-dea.ts';
import { pushApp, redeploy, startPlatform, untilFinal, untilRunning } from './kit/platform.ts';

/** The order of events, with versions named by the order of their appearance: `ready web/0 v2`. */
function story(events: readonly DeaEvent[]): string[] {
  const versions = [...new Set(events.map(event => event.wish.version))];
  return events
    .filter(event => event.what !== 'uris')
    .map(({ what, wish }) => {
      const version = versions.indexOf(wish.version) + 1;
      return `${what} ${wish.processType}/${wish.index} v${version}`;
    });
}

test('a deployment puts the new instance beside the old one and removes the old one last', async () => {
  await using platform = await startPlatform();
  await pushApp(platform);
  const { deploymentGuid } = await redeploy(platform);
  const deployment = await untilFinal(platform, deploymentGuid);
  assert.equal(deployment.status.reason, 'DEPLOYED');
  assert.deepEqual(story(platform.dea.events), [
    'wanted web/0 v1',
    'ready web/0 v1',
    'wanted web/0 v2',
    'ready web/0 v2',
    'gone web/0 v1',
  ]);
});

test('a deployment replaces several instances one after the other', async () => {
  await using platform = await startPlatform();
  await pushApp(platform, 'applications: [{name: shop, instances: 2}]');
  const { deploymentGuid } = await redeploy(platform);
  await untilFinal(platform, deploymentGuid);
  const second = story(platform.dea.events).slice(4);
  assert.equal(second.length, 6, `each index once: ${second}`);
  assert.ok(second.indexOf('ready web/0 v2') < second.indexOf('gone web/0 v1'));
  assert.ok(second.indexOf('ready web/0 v2') < second.indexOf('wanted web/1 v2'), 'one in flight');
  assert.ok(second.indexOf('ready web/1 v2') < second.indexOf('gone web/1 v1'));
});

test('a deployment whose new instance crashes is given up: the old one serves on, settings come back', async () => {
  await using platform = await startPlatform();
  const { api, dea } = platform;
  const { appGuid, dropletGuid } = await pushApp(
    platform,
    'applications: [{name: shop, command: node old.js, memory: 64M, default-route: true}]',
  );
  const [old] = [...dea.wishes.values()];
  dea.outcome = () => 'crashes';
  const { deploymentGuid } = await redeploy(
    platform,
    'applications: [{name: shop, command: node new.js, memory: 128M}]',
  );
  const deployment = await untilFinal(platform, deploymentGuid);
  assert.equal(deployment.status.reason, 'CANCELED');
  assert.equal(deployment.sprue.failure.reason, 'Exited with status 1');
  assert.deepEqual(deployment.sprue.failure.last_lines, ['boom']);
  assert.equal(deployment.sprue.failure.exit_status, 1);

  assert.deepEqual([...dea.wishes.values()], [old], 'the old instance was never touched');
  const process = (await api.get(`/v3/apps/${appGuid}/processes/web`)).body;
  assert.equal(process.command, 'node old.js');
  assert.equal(process.memory_in_mb, 64);
  const droplet = (await api.get(`/v3/apps/${appGuid}/droplets/current`)).body;
  assert.equal(droplet.guid, dropletGuid);
});

test('a deployment that fails at its second instance brings back the first old one before leaving', async () => {
  await using platform = await startPlatform();
  const { dea } = platform;
  await pushApp(platform, 'applications: [{name: shop, instances: 2}]');
  const [v1] = [...dea.wishes.values()].map(wish => wish.version);
  dea.outcome = wish => (wish.version !== v1 && wish.index === 1 ? 'crashes' : 'runs');
  const { deploymentGuid } = await redeploy(platform);
  const deployment = await untilFinal(platform, deploymentGuid);
  assert.equal(deployment.status.reason, 'CANCELED');
  assert.equal(deployment.sprue.failure.index, 1);
  const left = [...dea.wishes.values()].map(wish => [wish.index, wish.version]).sort();
  assert.deepEqual(left, [
    [0, v1],
    [1, v1],
  ]);
  const events = story(dea.events);
  const back = events.lastIndexOf('ready web/0 v1');
  assert.ok(back < events.indexOf('gone web/0 v2'), `the old one is back first: ${events}`);
});

test('cancelling a deployment that hangs goes back to what served', async () => {
  await using platform = await startPlatform();
  const { api, dea } = platform;
  await pushApp(platform);
  const [old] = [...dea.wishes.values()];
  dea.outcome = () => 'hangs';
  const { deploymentGuid } = await redeploy(platform);
  const active = await api.until(`/v3/deployments/${deploymentGuid}`, () => dea.wishes.size === 2);
  assert.equal(active.status.value, 'ACTIVE');
  assert.deepEqual([active.sprue.ready_instances, active.sprue.wanted_instances], [0, 1]);
  const canceled = await api.post(`/v3/deployments/${deploymentGuid}/actions/cancel`);
  assert.equal(canceled.body.status.reason, 'CANCELING');
  await untilFinal(platform, deploymentGuid);
  assert.deepEqual([...dea.wishes.values()], [old]);
  const again = await api.post(`/v3/deployments/${deploymentGuid}/actions/cancel`);
  assert.equal(again.status, 422);
});

test('a second deployment supersedes the first', async () => {
  await using platform = await startPlatform();
  const { dea } = platform;
  await pushApp(platform);
  dea.outcome = () => 'hangs';
  const first = await redeploy(platform);
  await platform.api.until('/', () => dea.wishes.size === 2);
  dea.outcome = () => 'runs';
  const second = await redeploy(platform);
  assert.equal((await untilFinal(platform, second.deploymentGuid)).status.reason, 'DEPLOYED');
  assert.equal((await untilFinal(platform, first.deploymentGuid)).status.reason, 'SUPERSEDED');
  assert.equal([...dea.wishes.values()][0]?.dropletGuid, second.dropletGuid);
});

test('a deployment without room beside the old instance is given up with the numbers', async () => {
  await using platform = await startPlatform({ memoryMib: 300 });
  await pushApp(platform, 'applications: [{name: shop, memory: 200M}]');
  const { deploymentGuid } = await redeploy(platform, 'applications: [{name: shop, memory: 200M}]');
  const deployment = await untilFinal(platform, deploymentGuid);
  assert.equal(deployment.status.reason, 'CANCELED');
  assert.match(deployment.sprue.failure.reason, /InsufficientResources.*200M.*100M free/);
});

test('a restarted controller goes on with a deployment', async () => {
  await using platform = await startPlatform();
  const { dea } = platform;
  await pushApp(platform);
  dea.outcome = () => 'hangs';
  const { deploymentGuid } = await redeploy(platform);
  await platform.api.until(`/v3/deployments/${deploymentGuid}`, () => dea.wishes.size === 2);
  await platform.restartController();
  const fresh = [...dea.wishes.values()].find(wish => wish.version !== dea.events[0]?.wish.version);
  assert.ok(fresh);
  await dea.report(fresh, { state: 'RUNNING', routable: true });
  assert.equal((await untilFinal(platform, deploymentGuid)).status.reason, 'DEPLOYED');
  assert.deepEqual([...dea.wishes.values()], [fresh]);
});

test('a droplet with a worker gives the app a second process, which can be scaled up', async () => {
  await using platform = await startPlatform({
    staging: stagesAs({ web: 'node server.js', worker: 'node worker.js' }),
  });
  const { api, dea } = platform;
  const { appGuid } = await pushApp(platform);
  const scaled = await api.post(`/v3/apps/${appGuid}/processes/worker/actions/scale`, {
    instances: 1,
  });
  assert.equal(scaled.status, 202);
  await api.until(`/v3/apps/${appGuid}/processes/worker/stats`, stats =>
    stats.resources.every((one: { state: string }) => one.state === 'RUNNING'),
  );
  const worker = [...dea.wishes.values()].find(wish => wish.processType === 'worker');
  assert.equal(worker?.startCommand, 'node worker.js');
  assert.equal(worker?.healthCheck.type, 'process');
  assert.deepEqual(worker?.uris, []);
});

test('scaling adds and removes instances at once, the highest index first', async () => {
  await using platform = await startPlatform();
  const { api, dea } = platform;
  const { appGuid } = await pushApp(platform);
  const path = `/v3/apps/${appGuid}/processes/web`;
  await api.post(`${path}/actions/scale`, { instances: 3 });
  await untilRunning(platform, appGuid);
  assert.deepEqual([...dea.wishes.values()].map(wish => wish.index).sort(), [0, 1, 2]);
  await api.post(`${path}/actions/scale`, { instances: 1 });
  await api.until(`${path}/stats`, () => dea.wishes.size === 1);
  assert.deepEqual(
    [...dea.wishes.values()].map(wish => wish.index),
    [0],
  );
  assert.equal(dea.events[0]?.wish.guid, [...dea.wishes.values()][0]?.guid, 'index 0 ran on');
});

test('restart replaces instances, stop removes them, a stopped app lists them as DOWN', async () => {
  await using platform = await startPlatform();
  const { api, dea } = platform;
  const { appGuid } = await pushApp(platform);
  const first = [...dea.wishes.values()][0]?.version;
  await api.post(`/v3/apps/${appGuid}/actions/restart`);
  await api.until(`/v3/apps/${appGuid}`, () => {
    const [wish] = [...dea.wishes.values()];
    return dea.wishes.size === 1 && wish?.version !== first;
  });
  await api.post(`/v3/apps/${appGuid}/actions/stop`);
  await api.until(`/v3/apps/${appGuid}`, () => dea.wishes.size === 0);
  const stats = (await api.get(`/v3/apps/${appGuid}/processes/web/stats`)).body.resources;
  assert.deepEqual(
    stats.map((one: { state: string }) => one.state),
    ['DOWN'],
  );
});

test('terminating an instance brings another', async () => {
  await using platform = await startPlatform();
  const { api, dea } = platform;
  const { appGuid } = await pushApp(platform);
  const before = [...dea.wishes.values()][0]?.guid;
  const answer = await api.delete(`/v3/apps/${appGuid}/processes/web/instances/0`);
  assert.equal(answer.status, 204);
  await api.until(`/v3/apps/${appGuid}`, () => {
    const [wish] = [...dea.wishes.values()];
    return wish !== undefined && wish.guid !== before;
  });
  const none = await api.delete(`/v3/apps/${appGuid}/processes/web/instances/7`);
  assert.equal(none.body.errors[0].detail, 'Instance not found');
});
