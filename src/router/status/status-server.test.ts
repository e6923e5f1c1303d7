import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { registryMessage } from '../../../test/kit/registry-message.ts';
import { RouteTable } from '../table/route-table.ts';
import { ProxyCounters } from '../wire/proxy-counters.ts';
import { Health } from './health.ts';
import { type MetricSources, renderMetrics } from './metrics.ts';
import { StatusServer } from './status-server.ts';
import { describeVarz } from './varz.ts';

const table = new RouteTable();
const health = new Health();
const sources: MetricSources = {
  proxy: new ProxyCounters(),
  registrar: { registered: 3, unregistered: 1, invalid: 2 },
  table,
  pruned: () => 4,
  accessLogDropped: () => 5,
};
let server: StatusServer;

before(async () => {
  server = await StatusServer.listen({
    host: '127.0.0.1',
    port: 0,
    user: 'admin',
    password: 'sécret',
    health,
    table,
    metrics: () => renderMetrics(sources),
    varz: () => describeVarz({ index: 0, id: '0-x', startedMs: Date.now() }, sources),
  });
});
after(() => server[Symbol.asyncDispose]());

function get(path: string, credentials?: string): Promise<Response> {
  const headers: Record<string, string> = {};
  if (credentials !== undefined) {
    headers['authorization'] = `Basic ${Buffer.from(credentials).toString('base64')}`;
  }
  return fetch(`http://127.0.0.1:${server.port}${path}`, { headers });
}

describe('StatusServer', () => {
  test('/health follows the router’s state, with headers that forbid caching', async () => {
    assert.equal((await get('/health')).status, 503);
    health.serve();
    const healthy = await get('/health');
    assert.equal(healthy.status, 200);
    assert.equal(await healthy.text(), 'ok\n');
    assert.equal(healthy.headers.get('cache-control'), 'private, max-age=0');
    assert.equal(healthy.headers.get('expires'), '0');
    health.drain();
    health.serve();
    assert.equal((await get('/health')).status, 503, 'draining is final');
    assert.equal((await get('/is-process-alive-do-not-use-for-loadbalancing')).status, 200);
  });

  test('/routes and /varz want the password', async () => {
    for (const path of ['/routes', '/varz']) {
      for (const credentials of [undefined, 'admin:wrong', 'admin', ':']) {
        const response = await get(path, credentials);
        assert.equal(response.status, 401, `${path} ${credentials}`);
        assert.match(response.headers.get('www-authenticate') ?? '', /^Basic realm=/);
      }
      assert.equal((await get(path, 'admin:sécret')).status, 200);
    }
  });

  test('/routes shows endpoints with gorouter’s keys in gorouter’s order', async () => {
    table.register(
      registryMessage({
        uris: ['a.test', 'b.test/x'],
        instanceId: 'i',
        tags: { component: 'c' },
        routeServiceUrl: 'https://rs.test',
        staleThresholdMs: 30_000,
      }),
      Date.now(),
    );
    table.register(registryMessage({ uris: ['c.test'], port: 7, tls: true }), Date.now());
    const text = await (await get('/routes', 'admin:sécret')).text();
    const first =
      '{"address":"10.0.0.1:61001","availability_zone":"","protocol":"http1","tls":false,' +
      '"ttl":30,"route_service_url":"https://rs.test","tags":{"component":"c"},' +
      '"private_instance_id":"i"}';
    const second =
      '{"address":"10.0.0.1:7","availability_zone":"","protocol":"http1","tls":true,"ttl":120,"tags":null}';
    assert.equal(text, `{"a.test":[${first}],"b.test/x":[${first}],"c.test":[${second}]}`);
  });

  test('/metrics is Prometheus text with gorouter’s names', async () => {
    const text = await (await get('/metrics')).text();
    assert.match(text, /^# TYPE total_requests counter$/m);
    assert.match(text, /^responses\{status_group="2xx"\} 0$/m);
    assert.match(text, /^registry_message 3$/m);
    assert.match(text, /^routes_pruned 4$/m);
    assert.equal(text.match(/^# TYPE responses /gm)?.length, 1);
    for (const line of text.trimEnd().split('\n')) {
      assert.match(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="\w+"\})? \d+(\.\d+)?)$/);
    }
  });

  test('anything else is not found; a taken port is a clear error', async () => {
    assert.equal((await get('/')).status, 404);
    const options = { host: '127.0.0.1', user: '', password: '', health, table };
    const again = { ...options, port: server.port, metrics: () => '', varz: () => ({}) };
    await assert.rejects(StatusServer.listen(again), { code: 'LISTEN_FAILED' });
  });
});
