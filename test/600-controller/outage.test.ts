import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stagesAs } from './kit/fake-dea.ts';
import { pushApp, redeploy, stageApp, startPlatform, untilFinal } from './kit/platform.ts';
import { appZip } from './kit/zip.ts';

test('NATS killed during a push: the request fails clearly, and afterwards everything goes on', async () => {
  await using platform = await startPlatform();
  const { api, nats, dea, spaceGuid } = platform;
  const { appGuid } = await pushApp(platform);
  await nats.kill();
  const refused = await api.applyManifest(spaceGuid, 'applications: [{name: late}]');
  assert.equal(refused.status, 503, JSON.stringify(refused.body));
  assert.equal(refused.body.errors[0].sprue.code, 'BUS_UNAVAILABLE');
  assert.equal((await api.get(`/v3/apps/${appGuid}`)).body.name, 'shop', 'reading goes on');
  await nats.resume();
  await api.until('/sprue/v1/status', status => status.nats.connected);

  const { deploymentGuid } = await redeploy(platform);
  const deployment = await untilFinal(platform, deploymentGuid);
  assert.equal(deployment.status.reason, 'DEPLOYED');
  assert.equal(dea.wishes.size, 1);
  const late = await api.applyManifest(spaceGuid, 'applications: [{name: late}]');
  assert.equal(late.status, 202, JSON.stringify(late.body));
  assert.equal((await api.get('/v3/apps?names=late')).body.resources.length, 1);
});

test('NATS bounced during a deployment: it completes', async () => {
  await using platform = await startPlatform({ startMs: 300 });
  const { nats, dea } = platform;
  await pushApp(platform);
  const { deploymentGuid } = await redeploy(platform);
  await nats.bounce(100);
  const deployment = await untilFinal(platform, deploymentGuid);
  assert.equal(deployment.status.reason, 'DEPLOYED');
  assert.equal(dea.wishes.size, 1);
});

test('a restarted controller takes over a build that ended meanwhile', async () => {
  await using platform = await startPlatform({ staging: () => 'hangs' });
  const { api, dea, spaceGuid } = platform;
  await api.applyManifest(spaceGuid, 'applications: [{name: shop}]');
  const [app] = (await api.get('/v3/apps')).body.resources;
  const created = await api.post('/v3/packages', {
    type: 'bits',
    relationships: { app: { data: { guid: app.guid } } },
  });
  await api.upload(created.body.guid, await appZip());
  const build = (await api.post('/v3/builds', { package: { guid: created.body.guid } })).body;
  await api.until(`/v3/builds/${build.guid}`, () => dea.tasks.size === 1);
  const restarting = platform.restartController();
  const [task] = [...dea.tasks.values()];
  assert.ok(task);
  await dea.finish(task, stagesAs({ web: 'run' })(task));
  await restarting;
  const staged = await platform.api.until(
    `/v3/builds/${build.guid}`,
    one => one.state !== 'STAGING',
  );
  assert.equal(staged.state, 'STAGED');
  const droplet = (await platform.api.get(`/v3/droplets/${staged.droplet.guid}`)).body;
  assert.deepEqual(droplet.process_types, { web: 'run' });
  await platform.api.until('/', () => dea.tasks.size === 0);
});

test('a build that fails says why, in the build and in the log', async () => {
  await using platform = await startPlatform({
    staging: task => ({
      buildGuid: task.buildGuid,
      deaId: task.deaId,
      state: 'FAILED',
      error: 'NoAppDetectedError - nothing recognised',
    }),
  });
  const { api } = platform;
  await assert.rejects(stageApp(platform, 'applications: [{name: shop}]', 'shop'), /NoAppDetected/);
  const [build] = (await api.get('/v3/builds')).body.resources;
  assert.equal(build.error, 'NoAppDetectedError - nothing recognised');
});

test('everything survives a restart of the controller', async () => {
  await using platform = await startPlatform();
  const { appGuid } = await pushApp(platform);
  const [before] = [...platform.dea.wishes.values()];
  await platform.restartController();
  const app = (await platform.api.get(`/v3/apps/${appGuid}`)).body;
  assert.deepEqual([app.name, app.state], ['shop', 'STARTED']);
  assert.deepEqual((await platform.api.get('/v3/organizations')).body.resources.length, 1);
  await new Promise(resolve => setTimeout(resolve, 100));
  assert.deepEqual([...platform.dea.wishes.values()], [before], 'nothing is started anew');
});

test('an app without any host to run on says so', async () => {
  await using platform = await startPlatform({ memoryMib: 100 });
  const { api } = platform;
  const refused = await api.applyManifest(
    platform.spaceGuid,
    'applications: [{name: a, memory: 1G}]',
  );
  assert.match(refused.body.errors[0].detail, /InsufficientResources.*1G.*100M/);
  const { appGuid } = await stageApp(
    platform,
    'applications: [{name: b, memory: 80M, instances: 2}]',
    'b',
  );
  const [droplet] = (await api.get(`/v3/apps/${appGuid}/droplets`)).body.resources;
  await api.patch(`/v3/apps/${appGuid}/relationships/current_droplet`, {
    data: { guid: droplet.guid },
  });
  await api.post(`/v3/apps/${appGuid}/actions/start`);
  const stats = await api.until(`/v3/apps/${appGuid}/processes/web/stats`, body =>
    body.resources.some((one: { details: string | null }) => one.details?.includes('free')),
  );
  const down = stats.resources.find((one: { state: string }) => one.state === 'DOWN');
  assert.match(down.details, /insufficient resources: 80M of memory needed, the host has 20M free/);
});
