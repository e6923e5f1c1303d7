import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { registryMessage } from '../../../test/kit/registry-message.ts';
import type { Endpoint } from './endpoint.ts';
import { RouteTable } from './route-table.ts';

const T0 = 1_000_000;

function onlyEndpoint(table: RouteTable, host: string): Endpoint {
  const endpoints = table.lookup(host, '/')?.endpoints ?? [];
  assert.equal(endpoints.length, 1);
  return endpoints[0] as Endpoint;
}

describe('RouteTable.register', () => {
  test('keeps the endpoint object when nothing changed, and says so', () => {
    const table = new RouteTable();
    const message = registryMessage({ uris: ['a.test', 'b.test/x'], tags: { component: 'web' } });
    assert.equal(table.register(message, T0), true);
    const before = onlyEndpoint(table, 'a.test');
    const again = { ...message, tags: { component: 'web' } };
    assert.equal(table.register(again, T0 + 20_000), false);
    assert.equal(onlyEndpoint(table, 'a.test'), before);
    assert.equal(table.lastChangeMs, T0);
  });

  test('shares one endpoint among all its routes', () => {
    const table = new RouteTable();
    table.register(registryMessage({ uris: ['a.test'] }), T0);
    table.register(registryMessage({ uris: ['b.test'] }), T0);
    assert.equal(onlyEndpoint(table, 'a.test'), onlyEndpoint(table, 'b.test'));
    assert.equal(table.endpointCount, 1);
    assert.equal(table.uriCount, 2);
  });

  test('describes the endpoint anew without dropping its connections', () => {
    const table = new RouteTable();
    table.register(registryMessage({ uris: ['a.test'], instanceIndex: '0' }), T0);
    const endpoint = onlyEndpoint(table, 'a.test');
    const renamed = registryMessage({ uris: ['a.test'], instanceIndex: '1', tags: { a: 'b' } });
    assert.equal(table.register(renamed, T0), true);
    assert.equal(onlyEndpoint(table, 'a.test'), endpoint);
    assert.equal(endpoint.instanceIndex, '1');
    assert.deepEqual(endpoint.tags, { a: 'b' });
  });

  test('another instance on the same address takes it over, with all its routes', () => {
    const gone: Endpoint[] = [];
    const table = new RouteTable();
    table.listen({ endpointGone: endpoint => gone.push(endpoint) });
    table.register(registryMessage({ uris: ['a.test', 'b.test'], instanceId: 'old' }), T0);
    const old = onlyEndpoint(table, 'a.test');
    table.register(registryMessage({ uris: ['b.test'], instanceId: 'new' }), T0);
    assert.deepEqual(gone, [old]);
    assert.equal(old.gone, true);
    assert.equal(table.lookup('a.test', '/')?.size, 0, 'the old app must not reach the new tenant');
    assert.equal(onlyEndpoint(table, 'b.test').instanceId, 'new');
  });

  test('switching to TLS makes a new endpoint that keeps the other routes', () => {
    const table = new RouteTable();
    table.register(registryMessage({ uris: ['a.test', 'b.test'] }), T0);
    const plain = onlyEndpoint(table, 'a.test');
    table.register(registryMessage({ uris: ['a.test'], tls: true }), T0);
    assert.equal(plain.gone, true);
    assert.equal(onlyEndpoint(table, 'a.test').tls, true);
    assert.equal(onlyEndpoint(table, 'b.test'), onlyEndpoint(table, 'a.test'));
  });

  test('ignores routes without a host', () => {
    const table = new RouteTable();
    assert.equal(table.register(registryMessage({ uris: ['', '/', '?x'] }), T0), false);
    assert.equal(table.endpointCount, 0);
  });

  test('the last route service of a route wins, none included', () => {
    const table = new RouteTable();
    const url = 'https://service.test';
    table.register(registryMessage({ uris: ['a.test'], routeServiceUrl: url }), T0);
    assert.equal(onlyEndpoint(table, 'a.test').leases[0]?.routeServiceUrl, url);
    table.register(registryMessage({ uris: ['a.test'] }), T0);
    assert.equal(onlyEndpoint(table, 'a.test').leases[0]?.routeServiceUrl, '');
  });
});

describe('RouteTable.unregister', () => {
  test('of another instance on the same address has no effect', () => {
    const table = new RouteTable();
    table.register(registryMessage({ uris: ['a.test'], instanceId: 'new' }), T0);
    const late = registryMessage({ uris: ['a.test'], instanceId: 'old' });
    assert.equal(table.unregister(late, T0), false);
    assert.equal(onlyEndpoint(table, 'a.test').instanceId, 'new');
  });

  test('without an instance id removes whoever is there', () => {
    const table = new RouteTable();
    table.register(registryMessage({ uris: ['A.test/'], instanceId: 'i' }), T0);
    assert.equal(table.unregister(registryMessage({ uris: ['a.TEST'] }), T0), true);
    assert.equal(table.lookup('a.test', '/')?.size, 0);
    assert.equal(table.endpointCount, 0);
  });

  test('leaves the other routes of the endpoint alone', () => {
    const table = new RouteTable();
    table.register(registryMessage({ uris: ['a.test', 'a.test/x'] }), T0);
    table.unregister(registryMessage({ uris: ['a.test/x'] }), T0);
    assert.equal(onlyEndpoint(table, 'a.test').gone, false);
  });

  test('for an unknown address or route does nothing', () => {
    const table = new RouteTable();
    table.register(registryMessage({ uris: ['a.test'] }), T0);
    assert.equal(table.unregister(registryMessage({ uris: ['b.test'] }), T0), false);
    assert.equal(table.unregister(registryMessage({ uris: ['a.test'], port: 9 }), T0), false);
  });
});

describe('RouteTable.lookup', () => {
  test('takes a Host header as it comes: port, case, IPv6 literal', () => {
    const table = new RouteTable();
    table.register(registryMessage({ uris: ['a.test', '[::1]'] }), T0);
    for (const host of ['a.test', 'A.TEST', 'a.test:80', '[::1]', '[::1]:8080']) {
      assert.equal(table.lookup(host, '/')?.size, 1, host);
    }
    for (const host of ['', ':80', '[', '[]', '::1', 'a.test.', 'b.a.test']) {
      assert.equal(table.lookup(host, '/'), undefined, host);
    }
  });

  test('steps over labels of the host only, never of the path', () => {
    const table = new RouteTable();
    table.register(registryMessage({ uris: ['*.wild.test'] }), T0);
    assert.equal(table.lookup('nope.local', '/x.wild.test'), undefined);
    assert.equal(table.lookup('x.y.wild.test', '/')?.uri, '*.wild.test');
    assert.equal(table.lookup('wild.test', '/'), undefined);
  });

  test('an exact host that is empty hides a wildcard; one that only has other paths does not', () => {
    const table = new RouteTable();
    table.register(registryMessage({ uris: ['*.test', 'b.test/x'] }), T0);
    table.register(registryMessage({ uris: ['a.test'], port: 9 }), T0);
    table.unregister(registryMessage({ uris: ['a.test'], port: 9 }), T0);
    assert.equal(table.lookup('a.test', '/')?.size, 0);
    assert.equal(table.lookup('b.test', '/y')?.uri, '*.test');
  });

  test('a hostile Host of many labels costs nothing and finds nothing', () => {
    const table = new RouteTable();
    table.register(registryMessage({ uris: ['*.test'] }), T0);
    assert.equal(table.lookup(`${'a.'.repeat(30_000)}test`, '/'), undefined);
  });

  test('paths compare percent escapes literally', () => {
    const table = new RouteTable();
    table.register(registryMessage({ uris: ['a.test/%61'] }), T0);
    assert.equal(table.lookup('a.test', '/%61/b')?.size, 1);
    assert.equal(table.lookup('a.test', '/a'), undefined);
  });
});

describe('RouteTable.prune', () => {
  test('drops what is stale by its own threshold, which can only shorten the default', () => {
    const table = new RouteTable({ staleThresholdMs: 120_000 });
    table.register(
      registryMessage({ uris: ['short.test'], port: 1, staleThresholdMs: 10_000 }),
      T0,
    );
    table.register(
      registryMessage({ uris: ['long.test'], port: 2, staleThresholdMs: 900_000 }),
      T0,
    );
    table.prune(T0 + 10_001);
    assert.equal(table.lookup('short.test', '/')?.size, 0);
    assert.equal(table.lookup('long.test', '/')?.size, 1);
    table.prune(T0 + 120_001);
    assert.equal(table.lookup('long.test', '/')?.size, 0);
  });

  test('never drops a TLS endpoint', () => {
    const table = new RouteTable();
    table.register(registryMessage({ uris: ['a.test'], tls: true }), T0);
    table.prune(T0 + 10_000_000);
    assert.equal(table.lookup('a.test', '/')?.size, 1);
  });

  test('drops one route of an endpoint that still refreshes another', () => {
    const table = new RouteTable();
    table.register(registryMessage({ uris: ['a.test', 'b.test'] }), T0);
    table.register(registryMessage({ uris: ['b.test'] }), T0 + 100_000);
    table.prune(T0 + 130_000);
    assert.equal(table.lookup('a.test', '/')?.size, 0);
    assert.equal(table.lookup('b.test', '/')?.size, 1);
  });

  test('a route that was deleted is unknown at once, when its last endpoint goes', () => {
    const table = new RouteTable({ emptyPoolTimeoutMs: 60_000 });
    const one = registryMessage({ uris: ['a.test'], host: '10.0.0.1' });
    const two = registryMessage({ uris: ['a.test'], host: '10.0.0.2' });
    for (const message of [one, two]) table.register(message, 0);
    table.unregister({ ...one, routeDeleted: true }, 1);
    assert.equal(table.lookup('a.test', '/')?.size, 1, 'another instance still serves it');
    table.unregister({ ...two, routeDeleted: true }, 2);
    assert.equal(table.lookup('a.test', '/'), undefined);
  });

  test('a known route answers with an empty pool for a while, then is unknown', () => {
    const table = new RouteTable({ emptyPoolTimeoutMs: 60_000 });
    table.register(registryMessage({ uris: ['a.test'] }), T0);
    table.unregister(registryMessage({ uris: ['a.test'] }), T0);
    table.prune(T0 + 59_999);
    assert.equal(table.lookup('a.test', '/')?.size, 0);
    table.prune(T0 + 60_000);
    assert.equal(table.lookup('a.test', '/'), undefined);
    assert.equal(table.uriCount, 0);
  });

  test('goes on where it stopped when it may only look at some endpoints', () => {
    const table = new RouteTable();
    for (let port = 1; port <= 10; port++) {
      table.register(registryMessage({ uris: [`a${port}.test`], port }), T0);
    }
    let slices = 1;
    while (!table.prune(T0 + 120_001, 3)) slices++;
    assert.equal(slices, 4);
    assert.equal(table.endpointCount, 0);
  });
});

test('RouteTable tells its listeners every endpoint that comes to a route or leaves it', () => {
  const events: string[] = [];
  const table = new RouteTable();
  table.listen({
    endpointAdded: (uri, { key }) => events.push(`+ ${uri} ${key}`),
    endpointRemoved: (uri, { key }, reason) => events.push(`- ${uri} ${key} ${reason}`),
    endpointGone: ({ key }) => events.push(`gone ${key}`),
  });
  table.register(registryMessage({ uris: ['a.test', 'b.test'] }), T0);
  table.unregister(registryMessage({ uris: ['a.test'] }), T0);
  table.prune(T0 + 200_000);
  table.register(registryMessage({ uris: ['c.test'] }), T0);
  table.clear(T0);
  const key = '10.0.0.1:61001';
  assert.deepEqual(events, [
    `+ a.test ${key}`,
    `+ b.test ${key}`,
    `- a.test ${key} unregistered`,
    `- b.test ${key} stale`,
    `gone ${key}`,
    `+ c.test ${key}`,
    `- c.test ${key} cleared`,
    `gone ${key}`,
  ]);
});
