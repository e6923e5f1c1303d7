import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hasCode } from '../../core/errors.ts';
import { AUTHORITY, exampleZone } from './kit/example-zone.ts';
import type { DnsRecord } from './record.ts';
import { createZone } from './zone.ts';

const ttlSeconds = 60;
const text = (name: string, strings: readonly string[] = ['x'], ttl = ttlSeconds): DnsRecord => ({
  name,
  ttlSeconds: ttl,
  type: 'TXT',
  strings,
});

describe('createZone()', () => {
  const refuses = (records: readonly DnsRecord[], reason: RegExp) =>
    assert.throws(
      () => createZone({ domain: 'example', records }),
      thrown => hasCode(thrown, 'DNS_ZONE_INVALID') && reason.test(thrown.message),
    );

  test('adds the names between, without records', () => {
    const { names } = exampleZone();
    assert.deepEqual(names.get('\x05host2\x07example\0' as never), []);
    assert.deepEqual(names.get('\x04_tcp\x05host2\x07example\0' as never), []);
  });

  test('wants one SOA and an NS record at the top and nowhere else', () => {
    const [soa, ns] = AUTHORITY as [DnsRecord, DnsRecord];
    refuses([ns], /0 SOA records/);
    refuses([soa, soa, ns], /2 SOA records/);
    refuses([soa], /no NS record/);
    refuses([soa, { ...ns, name: 'sub.example' }], /NS record of sub\.example/);
  });

  test('refuses records of other domains and data that DNS cannot hold', () => {
    refuses([...AUTHORITY, text('example.org')], /not part of it/);
    refuses([...AUTHORITY, text('a.example', [])], /no string/);
    refuses([...AUTHORITY, text('a.example', ['x'.repeat(256)])], /more than 255 bytes/);
    refuses([...AUTHORITY, text('a.example', Array(17).fill('x'.repeat(255)))], /4096 bytes/);
    refuses([...AUTHORITY, text('a.example', ['x'], -1)], /not a TTL/);
    const address: DnsRecord = { name: 'a.example', ttlSeconds, type: 'AAAA', address: '1.2.3.4' };
    refuses([...AUTHORITY, address], /not an IPv6 address/);
  });

  test('refuses a set whose records differ in TTL (RFC 2181 §5.2)', () => {
    refuses(
      [...AUTHORITY, text('a.example', ['1'], 1), text('a.example', ['2'], 2)],
      /differ in TTL/,
    );
  });

  test('refuses a set that no answer could hold', () => {
    const records = Array.from({ length: 20 }, (_, index) =>
      text('a.example', [String(index), ...Array(15).fill('x'.repeat(255))]),
    );
    refuses([...AUTHORITY, ...records], /fit no answer/);
  });

  test('keeps the same data once (RFC 2181 §5)', () => {
    const records = [...AUTHORITY, text('a.example'), text('A.example.')];
    const zone = createZone({ domain: 'example', records });
    assert.equal(zone.names.get('\x01a\x07example\0' as never)?.[0]?.records.length, 1);
  });
});
