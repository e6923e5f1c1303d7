import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { EventStream } from '../../src/bus/event-stream.ts';
import type { Guid } from '../../src/core/ids.ts';
import { LOG_STREAM, logSubject, SUBJECTS } from '../../src/proto/subjects.ts';
import { PASSWORD, pushApp, startPlatform } from './kit/platform.ts';

test('the root document leads everywhere by the host that was asked for', async () => {
  await using platform = await startPlatform();
  const { api } = platform;
  const { body, headers } = await api.raw('GET', '/', undefined, { authorization: '' });
  assert.equal(body.links.self.href, api.base);
  assert.equal(body.links.cloud_controller_v3.meta.version, '3.215.0');
  assert.equal(body.links.login.href, api.base);
  assert.match(headers.get('x-vcap-request-id') ?? '', /^[0-9a-f-]{36}$/);
  const secure = await api.raw('GET', '/', undefined, {
    'x-forwarded-proto': 'https',
    'x-vcap-request-id': 'my-id',
  });
  assert.match(secure.body.links.self.href, /^https:/);
  assert.equal(secure.headers.get('x-vcap-request-id'), 'my-id');
});

test('logging in gives a token that works, and a refresh token that gives another', async () => {
  await using platform = await startPlatform();
  const { api } = platform;
  const { body } = await api.logIn('admin', PASSWORD);
  assert.equal(body.token_type, 'bearer');
  const claims = JSON.parse(Buffer.from(body.access_token.split('.')[1], 'base64url').toString());
  assert.deepEqual([claims.user_name, claims.origin], ['admin', 'uaa']);
  assert.equal(typeof claims.user_id, 'string');
  assert.ok(claims.exp * 1000 > Date.now() + 600_000);

  const refreshed = await api.form('/uaa/oauth/token', {
    grant_type: 'refresh_token',
    refresh_token: body.refresh_token,
  });
  assert.equal(refreshed.status, 200);
  api.token = refreshed.body.access_token;
  assert.equal((await api.get('/v3/apps')).status, 200);

  api.token = body.refresh_token;
  const misused = await api.get('/v3/apps');
  assert.equal(misused.status, 401, 'a refresh token is no access token');
  assert.equal(misused.body.errors[0].title, 'CF-InvalidAuthToken');
});

test('everything but the way in wants a token', async () => {
  await using platform = await startPlatform();
  const { api } = platform;
  const { token } = api;
  const [header, payload] = token.split('.');
  const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
  const forged = ['', 'garbage', `${header}.${payload}.AAAA`, `${none}.${payload}.`];
  for (const bad of forged) {
    api.token = bad;
    for (const path of ['/v3/apps', '/v3/organizations', '/api/v1/read/x', '/sprue/v1/status']) {
      assert.equal((await api.get(path)).status, 401, `${path} with “${bad}”`);
    }
  }
  for (const path of ['/', '/v3', '/login', '/uaa/login', '/api/v1/info']) {
    assert.equal((await api.get(path)).status, 200, path);
  }
});

test('wrong passwords are refused, then slowed down', async () => {
  await using platform = await startPlatform();
  const { api } = platform;
  const token = api.token;
  for (let attempt = 0; attempt < 5; attempt++) {
    const refused = await api.logIn('admin', 'wrong');
    assert.equal(refused.status, 401);
    assert.equal(refused.body.error, 'unauthorized');
  }
  const slowed = await api.logIn('admin', PASSWORD);
  assert.equal(slowed.status, 429);
  assert.ok(Number(slowed.headers.get('retry-after')) >= 1);
  api.token = token;
  assert.equal((await api.get('/v3/apps')).status, 200, 'who is logged in stays so');
});

test('lists are filtered, ordered and paged', async () => {
  await using platform = await startPlatform();
  const { api, spaceGuid } = platform;
  for (const name of ['c', 'a', 'b,d']) {
    await api.post('/v3/apps', {
      name,
      relationships: { space: { data: { guid: spaceGuid } } },
      metadata: { labels: { tier: name === 'a' ? 'front' : 'back' } },
    });
  }
  const names = async (query: string) =>
    (await api.get(`/v3/apps?${query}`)).body.resources.map((app: { name: string }) => app.name);
  assert.deepEqual(await names('order_by=name'), ['a', 'b,d', 'c']);
  assert.deepEqual(await names('order_by=-name'), ['c', 'b,d', 'a']);
  assert.deepEqual(await names('names=a,c&order_by=name'), ['a', 'c']);
  assert.deepEqual(await names('names=b%252Cd'), ['b,d'], 'a comma encoded twice');
  assert.deepEqual(await names('label_selector=tier%3Dfront'), ['a']);
  assert.deepEqual(await names('space_guids=nothing'), []);

  const first = (await api.get('/v3/apps?per_page=2&order_by=name')).body;
  assert.equal(first.pagination.total_results, 3);
  assert.equal(first.pagination.total_pages, 2);
  const second = (await api.get(first.pagination.next.href)).body;
  assert.deepEqual(
    second.resources.map((app: { name: string }) => app.name),
    ['c'],
  );
  assert.equal(second.pagination.next, null);

  const bad = await api.get('/v3/apps?per_page=0');
  assert.deepEqual([bad.status, bad.body.errors[0].title], [400, 'CF-BadQueryParameter']);
});

test('mistakes are answered in Cloud Foundry’s words', async () => {
  await using platform = await startPlatform();
  const { api, spaceGuid } = platform;
  const body = { name: 'a', relationships: { space: { data: { guid: spaceGuid } } } };
  assert.equal((await api.post('/v3/apps', body)).status, 201);
  const detail = async (answer: Promise<{ body: { errors: { detail: string }[] } }>) =>
    (await answer).body.errors[0]?.detail;
  assert.equal(
    await detail(api.post('/v3/apps', { ...body, name: 'A' })),
    "App with the name 'A' already exists.",
  );
  assert.equal(
    await detail(api.post('/v3/apps', { ...body, nmae: 1 })),
    "Unknown field(s): 'nmae'",
  );
  assert.equal(await detail(api.get('/v3/apps/none')), 'App not found');
  assert.equal(await detail(api.get('/v3/nothing')), 'Unknown request');
  const [app] = (await api.get('/v3/apps')).body.resources;
  assert.equal(
    await detail(api.post(`/v3/apps/${app.guid}/actions/start`)),
    'Assign a droplet before starting this app.',
  );
  assert.equal(await detail(api.get(`/v3/apps/${app.guid}/droplets/current`)), 'Droplet not found');
  const broken = await api.raw('POST', '/v3/apps', '{', { 'content-type': 'application/json' });
  assert.deepEqual([broken.status, broken.body.errors[0].title], [400, 'CF-MessageParseError']);
  assert.match(
    (await detail(api.post('/v3/domains', { name: 'no_domain' }))) ?? '',
    /not a valid domain/,
  );
  assert.equal(
    await detail(api.post('/v3/domains', { name: 'Example.test' })),
    'The domain name "example.test" is already in use',
  );
});

test('environment variables: strings in, null removes, the platform’s own are refused', async () => {
  await using platform = await startPlatform();
  const { api } = platform;
  const { appGuid } = await pushApp(platform);
  const path = `/v3/apps/${appGuid}/environment_variables`;
  assert.deepEqual((await api.patch(path, { var: { A: 'x', N: 5 } })).body.var, { A: 'x', N: '5' });
  assert.deepEqual((await api.patch(path, { var: { A: null } })).body.var, { N: '5' });
  for (const name of ['PORT', 'VCAP_SERVICES', 'CF_INSTANCE_IP']) {
    const refused = await api.patch(path, { var: { [name]: 'x' } });
    assert.equal(refused.body.errors[0].sprue.code, 'VARIABLE_RESERVED', name);
  }
  const env = (await api.get(`/v3/apps/${appGuid}/env`)).body;
  assert.equal(env.application_env_json.VCAP_APPLICATION.name, 'shop');
  assert.deepEqual(env.system_env_json, { VCAP_SERVICES: {} });
});

test('logs can be read forwards, backwards, from a moment on, and waited for', async () => {
  await using platform = await startPlatform();
  const { api, bus } = platform;
  const { appGuid } = await pushApp(platform);
  const base = BigInt(Date.now()) * 1_000_000n + 1_000_000n;
  const write = (offset: number) =>
    bus.publish(logSubject(appGuid as Guid), {
      timestampNs: String(base + BigInt(offset)),
      type: 'OUT',
      source: 'APP/PROC/WEB',
      instance: '0',
      text: `line ${offset}`,
    });
  for (const offset of [1, 2, 3]) write(offset);
  await bus.flush();
  const read = async (query: string) => {
    const answer = await api.get(`/api/v1/read/${appGuid}?envelope_types=LOG&${query}`);
    return answer.body.envelopes.batch.map((one: { log: { payload: string } }) =>
      Buffer.from(one.log.payload, 'base64').toString(),
    );
  };
  const from = `start_time=${base + 2n}`;
  await api.until(`/api/v1/read/${appGuid}?${from}`, b => b.envelopes.batch.length === 2);
  assert.deepEqual(await read(from), ['line 2', 'line 3']);
  assert.deepEqual(await read(`start_time=${base}&limit=1`), ['line 1']);
  assert.deepEqual(await read('descending=true&limit=2'), ['line 3', 'line 2']);
  assert.deepEqual(await read(`start_time=${base}&end_time=${base + 3n}`), ['line 1', 'line 2']);
  const all = await read('start_time=-6795364578871345152');
  assert.match(all[0], /^Created app/);

  const waiting = read(`start_time=${base + 4n}&wait_ms=5000`);
  const before = performance.now();
  setTimeout(() => write(4), 100);
  assert.deepEqual(await waiting, ['line 4']);
  const tookMs = performance.now() - before;
  assert.ok(tookMs > 90 && tookMs < 4_000, `${tookMs} ms`);
  assert.deepEqual(await read(`start_time=${base + 5n}&wait_ms=50`), []);
});

test('a record of the log that nobody can read hides no other', async () => {
  await using platform = await startPlatform();
  const { api, bus } = platform;
  const { appGuid } = await pushApp(platform);
  const stream = await EventStream.open(bus, LOG_STREAM);
  await stream.store(logSubject(appGuid as Guid), 'no JSON');
  await stream.store(logSubject(appGuid as Guid), '{"text":"no time"}');
  const { status, body } = await api.get(`/api/v1/read/${appGuid}`);
  assert.equal(status, 200);
  assert.ok(body.envelopes.batch.length > 0);
});

test('the API registers its route, again when a router starts, and withdraws it at the end', async () => {
  const seen: string[] = [];
  {
    await using platform = await startPlatform();
    const { bus } = platform;
    for (const subject of [SUBJECTS.routerRegister, SUBJECTS.routerUnregister]) {
      bus.subscribe(subject, message => {
        const { uris, port, private_instance_id } = message.json() as Record<string, unknown>;
        seen.push(`${subject} ${uris} ${typeof port} ${typeof private_instance_id}`);
      });
    }
    await bus.flush();
    bus.publish(SUBJECTS.routerStart, {});
    await bus.flush();
    await platform.restartController();
    await bus.flush();
  }
  assert.deepEqual(seen.slice(0, 3), [
    'router.register api.example.test number string',
    'router.unregister api.example.test number string',
    'router.register api.example.test number string',
  ]);
});

test('status shows hosts, counts and the bus', async () => {
  await using platform = await startPlatform();
  const { api } = platform;
  await pushApp(platform, 'applications: [{name: shop, memory: 64M, instances: 2}]');
  const status = (await api.get('/sprue/v1/status')).body;
  assert.equal(status.deas[0].memory_reserved_mib, 128);
  assert.equal(status.counts.running_instances, 2);
  assert.deepEqual(status.nats, { connected: true });
});

test('the route that a crashed controller left is withdrawn at the next start', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'sprue-left-'));
  const left = { host: '127.0.0.1', port: 1, uris: ['api.example.test'], private_instance_id: 'x' };
  await writeFile(join(stateDir, 'api-route.json'), JSON.stringify(left));
  try {
    const seen: unknown[] = [];
    await using platform = await startPlatform({
      stateDir,
      onBus: bus => bus.subscribe(SUBJECTS.routerUnregister, message => seen.push(message.json())),
    });
    await platform.bus.flush();
    assert.deepEqual(seen, [left]);
  } finally {
    await rm(stateDir, { recursive: true });
  }
});
