import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pushApp, startPlatform } from './kit/platform.ts';

test('a push through the API: manifest, upload, build, droplet, start, running at its route', async () => {
  await using platform = await startPlatform();
  const { api, dea } = platform;
  const { appGuid } = await pushApp(platform);

  const [wish] = [...dea.wishes.values()];
  assert.deepEqual(wish?.uris, ['shop.example.test']);
  assert.equal(wish?.startCommand, 'node server.js');
  assert.equal(wish?.vcapApplication['application_name'], 'shop');
  assert.equal(wish?.vcapApplication['cf_api'], 'http://api.example.test');

  const stats = (await api.get(`/v3/apps/${appGuid}/processes/web/stats`)).body.resources[0];
  assert.equal(stats.state, 'RUNNING');
  assert.equal(stats.usage.mem, 1_000_000);
  assert.deepEqual(stats.instance_ports, [{ external: 61001, internal: 8080 }]);
  assert.equal(stats.sprue.network.veth, 'w-00000001');

  const events = (await api.get(`/v3/audit_events?target_guids=${appGuid}`)).body.resources;
  const types = events.map((event: { type: string }) => event.type);
  for (const type of ['audit.app.create', 'audit.app.build.staged', 'audit.app.start']) {
    assert.ok(types.includes(type), `${type} in ${types}`);
  }
  const logs = await api.get(`/api/v1/read/${appGuid}?envelope_types=LOG`);
  const [first] = logs.body.envelopes.batch;
  assert.equal(first.tags.source_type, 'API');
  assert.match(Buffer.from(first.log.payload, 'base64').toString(), /^Created app with guid/);
});
