import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SUBJECTS } from '../proto/subjects.ts';
import { decodeRegistryMessage } from './registration.ts';

const MINIMAL = { host: '10.0.0.1', port: 61_001, uris: ['a.test'] };

function decode(fields: Record<string, unknown>) {
  return decodeRegistryMessage(SUBJECTS.routerRegister, JSON.stringify({ ...MINIMAL, ...fields }));
}

describe('decodeRegistryMessage', () => {
  test('reads every field of gorouter', () => {
    const message = decode({
      protocol: 'http2',
      app: 'app-guid',
      tags: { component: 'x' },
      private_instance_id: 'instance',
      private_instance_index: '3',
      stale_threshold_in_seconds: 40,
      route_service_url: 'https://service.test',
      server_cert_domain_san: 'san',
      isolation_segment: 'is1',
      availability_zone: 'z1',
      endpoint_updated_at_ns: 1_234,
      options: { loadbalancing: 'least-connection', other: 1 },
      dea: 'harmless',
    });
    assert.deepEqual(message, {
      host: '10.0.0.1',
      port: 61_001,
      tls: false,
      protocol: 'http2',
      uris: ['a.test'],
      appGuid: 'app-guid',
      instanceId: 'instance',
      instanceIndex: '3',
      staleThresholdMs: 40_000,
      tags: { component: 'x' },
      isolationSegment: 'is1',
      availabilityZone: 'z1',
      serverCertDomainSan: 'san',
      routeServiceUrl: 'https://service.test',
      loadBalancing: 'least-connection',
      routeDeleted: false,
      updatedAtNs: 1_234,
    });
  });

  test('takes tls_port instead of port', () => {
    const { port, tls } = decode({ tls_port: 61_443 });
    assert.deepEqual({ port, tls }, { port: 61_443, tls: true });
  });

  test('counts null as absent', () => {
    const message = decode({ app: null, tags: null, options: null, tls_port: null, uris: null });
    assert.equal(message.appGuid, '');
    assert.equal(message.tags, undefined);
    assert.deepEqual(message.uris, []);
  });

  const WRONG: readonly [Record<string, unknown>, RegExp][] = [
    [{ port: '61001' }, /port is not an integer/],
    [{ port: 1.5 }, /port is not an integer/],
    [{ port: 65_536 }, /port is not a port/],
    [{ port: -1 }, /port is not a port/],
    [{ port: null }, /port is missing/],
    [{ host: null }, /host is missing/],
    [{ host: 7 }, /host is not a string/],
    [{ private_instance_index: 0 }, /private_instance_index is not a string/],
    [{ uris: 'a.test' }, /uris is not an array/],
    [{ uris: ['a.test', 1] }, /uris holds/],
    [{ tags: [] }, /tags is not a JSON object/],
    [{ tags: { a: 1 } }, /tags\.a is not a string/],
    [{ options: 'x' }, /options is not a JSON object/],
    [{ options: { loadbalancing: 1 } }, /loadbalancing is not a string/],
    [{ route_service_url: 'http://x' }, /route_service_url/],
    [{ stale_threshold_in_seconds: '1' }, /stale_threshold_in_seconds is not an integer/],
  ];
  for (const [fields, reason] of WRONG) {
    test(`refuses ${JSON.stringify(fields)}`, () => {
      assert.throws(() => decode(fields), { code: 'INVALID_MESSAGE', message: reason });
    });
  }

  test('refuses what is no JSON object', () => {
    for (const text of ['', '{', 'null', '[]', '7', '"x"']) {
      assert.throws(() => decodeRegistryMessage('router.register', text), {
        code: 'INVALID_MESSAGE',
      });
    }
  });
});
