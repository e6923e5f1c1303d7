import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../kit/eventually.ts';
import { pushApp, startPlatform, type TestPlatform } from './kit/platform.ts';

async function makeSpace({ api }: TestPlatform, name: string): Promise<string> {
  const [organization] = (await api.get('/v3/organizations')).body.resources;
  const created = await api.post('/v3/spaces', {
    name,
    relationships: { organization: { data: { guid: organization.guid } } },
  });
  return created.body.guid;
}

function newRoute(platform: TestPlatform, host: string, spaceGuid = platform.spaceGuid) {
  return platform.api.post('/v3/routes', {
    host,
    relationships: {
      space: { data: { guid: spaceGuid } },
      domain: { data: { guid: platform.domainGuid } },
    },
  });
}

test('mapping and unmapping a route reaches the running instance, which runs on', async () => {
  await using platform = await startPlatform();
  const { api, dea } = platform;
  const { appGuid } = await pushApp(platform);
  const route = (await newRoute(platform, 'second')).body;
  assert.equal(route.url, 'second.example.test');

  const mapped = await api.post(`/v3/routes/${route.guid}/destinations`, {
    destinations: [{ app: { guid: appGuid } }],
  });
  assert.equal(mapped.status, 200);
  const destination = mapped.body.destinations[0];
  assert.deepEqual(destination.app.process, { type: 'web' });
  await eventually(() => wishUris(dea).includes('second.example.test'));
  assert.deepEqual(wishUris(dea), ['second.example.test', 'shop.example.test']);

  const removed = await api.delete(`/v3/routes/${route.guid}/destinations/${destination.guid}`);
  assert.equal(removed.status, 204);
  await api.until(`/v3/routes/${route.guid}`, () => wishUris(dea).length === 1);
  const started = dea.events.filter(event => event.what === 'wanted');
  assert.equal(started.length, 1, 'no instance was started for it');
});

function wishUris(dea: TestPlatform['dea']): string[] {
  return [...dea.wishes.values()].flatMap(wish => wish.uris);
}

test('a route belongs to one space; nobody else gets it, whatever its case', async () => {
  await using platform = await startPlatform();
  const other = await makeSpace(platform, 'other');
  assert.equal((await newRoute(platform, 'mine')).status, 201);
  const taken = await newRoute(platform, 'MINE', other);
  assert.equal(taken.status, 422);
  assert.match(
    taken.body.errors[0].detail,
    /^Route already exists: mine\.example\.test is in the space dev/,
  );
  assert.equal(taken.body.errors[0].sprue.code, 'ROUTE_EXISTS');

  const manifest = 'applications: [{name: thief, routes: [{route: mine.example.test}]}]';
  const applied = await platform.api.applyManifest(other, manifest);
  assert.equal(applied.status, 422);
  assert.match(
    applied.body.errors[0].detail,
    /^For application 'thief': Routes cannot be mapped to destinations in different spaces: mine\.example\.test belongs to the space dev/,
  );
  const apps = (await platform.api.get('/v3/apps?names=thief')).body.resources;
  assert.deepEqual(apps, [], 'a manifest that is refused creates nothing');
});

test('of two that want a route at the same moment one gets it', async () => {
  await using platform = await startPlatform();
  const answers = await Promise.all(Array.from({ length: 8 }, () => newRoute(platform, 'race')));
  const statuses = answers.map(answer => answer.status).sort();
  assert.deepEqual(statuses, [201, 422, 422, 422, 422, 422, 422, 422]);
  const routes = (await platform.api.get('/v3/routes?hosts=race')).body.resources;
  assert.equal(routes.length, 1);
});

test('a deleted route can be taken again', async () => {
  await using platform = await startPlatform();
  const route = (await newRoute(platform, 'again')).body;
  const deleted = await platform.api.delete(`/v3/routes/${route.guid}`);
  assert.equal(deleted.status, 202);
  const job = await platform.api.get(deleted.headers.get('location') ?? '');
  assert.equal(job.body.state, 'COMPLETE');
  assert.equal((await newRoute(platform, 'again')).status, 201);
});

test('the API’s own route and bad hosts are refused', async () => {
  await using platform = await startPlatform();
  const reserved = await newRoute(platform, 'api');
  assert.equal(reserved.body.errors[0].sprue.code, 'ROUTE_RESERVED');
  for (const host of ['under_score', '-lead', 'a'.repeat(64), 'sp ace', '*.x']) {
    const refused = await newRoute(platform, host);
    assert.equal(refused.status, 422, host);
    assert.equal(refused.body.errors[0].sprue.code, 'ROUTE_INVALID', host);
  }
  assert.equal((await newRoute(platform, '*')).status, 201);
});

test('deleting an app leaves its routes without it, and frees its name', async () => {
  await using platform = await startPlatform();
  const { api, dea } = platform;
  const { appGuid } = await pushApp(platform);
  const deleted = await api.delete(`/v3/apps/${appGuid}`);
  assert.equal(deleted.status, 202);
  assert.equal((await api.get(`/v3/apps/${appGuid}`)).body.errors[0].detail, 'App not found');
  const [route] = (await api.get('/v3/routes?hosts=shop')).body.resources;
  assert.deepEqual(route.destinations, []);
  await api.until('/v3/apps', () => dea.wishes.size === 0);
  const again = await api.post('/v3/apps', {
    name: 'shop',
    relationships: { space: { data: { guid: platform.spaceGuid } } },
  });
  assert.equal(again.status, 201);
});
