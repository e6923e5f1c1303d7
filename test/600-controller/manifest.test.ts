import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPlatform } from './kit/platform.ts';

test('apply_manifest creates app, processes, environment and routes, and adds to what is there', async () => {
  await using platform = await startPlatform();
  const { api, spaceGuid } = platform;
  const first = await api.applyManifest(
    spaceGuid,
    `applications:
- name: shop
  env: {A: 1, B: null}
  memory: 64M
  disk-quota: 512MB
  health-check-type: http
  health-check-http-endpoint: /ok
  timeout: 30
  instances: 2
  routes:
  - route: https://shop.example.test/cart
  - route: example.test
  processes:
  - type: worker
    command: node worker.js
    instances: 1
    health-check-type: process
`,
  );
  assert.equal(first.status, 202, JSON.stringify(first.body));
  const job = await api.get(first.headers.get('location') ?? '');
  assert.equal(job.body.state, 'COMPLETE');
  assert.equal(job.body.operation, 'space.apply_manifest');

  const [app] = (await api.get('/v3/apps?names=shop')).body.resources;
  const web = (await api.get(`/v3/apps/${app.guid}/processes/web`)).body;
  assert.deepEqual([web.memory_in_mb, web.disk_in_mb, web.instances], [64, 512, 2]);
  assert.deepEqual(web.health_check, {
    type: 'http',
    data: { timeout: 30, invocation_timeout: null, endpoint: '/ok' },
  });
  const worker = (await api.get(`/v3/apps/${app.guid}/processes/worker`)).body;
  assert.deepEqual([worker.command, worker.instances], ['node worker.js', 1]);
  const routes = (await api.get(`/v3/apps/${app.guid}/routes`)).body.resources;
  assert.deepEqual(routes.map((route: { url: string }) => route.url).sort(), [
    'example.test',
    'shop.example.test/cart',
  ]);

  await api.applyManifest(spaceGuid, 'applications: [{name: shop, env: {C: x}, memory: 1G}]');
  const env = (await api.get(`/v3/apps/${app.guid}/env`)).body.environment_variables;
  assert.deepEqual(env, { A: '1', B: '', C: 'x' });
  const after = (await api.get(`/v3/apps/${app.guid}/processes/web`)).body;
  assert.deepEqual([after.memory_in_mb, after.disk_in_mb, after.instances], [1024, 512, 2]);
  const kept = (await api.get(`/v3/apps/${app.guid}/routes`)).body.resources;
  assert.equal(kept.length, 2, 'routes stay');

  await api.applyManifest(spaceGuid, 'applications: [{name: shop, no-route: true}]');
  const none = (await api.get(`/v3/apps/${app.guid}/routes`)).body.resources;
  assert.deepEqual(none, []);
});

test('all mistakes of a manifest come back together, and nothing is changed', async () => {
  await using platform = await startPlatform({ memoryMib: 1024 });
  const { api, spaceGuid } = platform;
  const answer = await api.applyManifest(
    spaceGuid,
    `applications:
- name: good
- name: bad
  memory: 4G
  env: {PORT: 80}
  routes: [{route: bad.elsewhere.org}]
`,
  );
  assert.equal(answer.status, 422);
  const details = answer.body.errors.map((error: { detail: string }) => error.detail);
  assert.equal(details.length, 3, details);
  assert.match(details[0], /^For application 'bad': InsufficientResources.*4G.*largest has 1G/);
  assert.match(details[1], /PORT is set by the platform/);
  assert.match(details[2], /No domains exist for route bad\.elsewhere\.org.*example\.test/);
  assert.equal(answer.body.errors[0].title, 'CF-UnprocessableEntity');
  assert.deepEqual((await api.get('/v3/apps')).body.resources, []);
});

test('an unknown key is refused with a guess', async () => {
  await using platform = await startPlatform();
  const { api, spaceGuid } = platform;
  const answer = await api.applyManifest(spaceGuid, 'applications: [{name: a, memroy: 1G}]');
  assert.equal(answer.status, 422);
  assert.equal(
    answer.body.errors[0].detail,
    "For application 'a': unknown key “memroy”. Did you mean “memory”?",
  );
});
