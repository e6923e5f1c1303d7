import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TYPE } from './codes.ts';
import { AUTHORITY, exampleZone } from './kit/example-zone.ts';
import { lookup, zonesByApex } from './lookup.ts';
import { parseName } from './name.ts';
import { createZone } from './zone.ts';

const zones = zonesByApex([exampleZone()]);
const kindOf = (name: string, type: keyof typeof TYPE) =>
  lookup(zones, parseName(name), TYPE[type]).kind;

/** The text of the first record that is found. */
function textOf(name: string): string | undefined {
  const found = lookup(zones, parseName(name), TYPE.TXT);
  const afterLengths = 11;
  return found.kind === 'answer'
    ? found.set.records[0]?.subarray(afterLengths).toString()
    : undefined;
}

describe('lookup(), on the zone and the questions of RFC 4592 §2.2.1', () => {
  test('a wildcard answers for names that do not exist, however deep', () => {
    assert.equal(textOf('host3.example'), 'this is a wildcard');
    assert.equal(textOf('foo.bar.example'), 'this is a wildcard');
    assert.equal(textOf('*.example'), 'this is a wildcard');
  });

  test('a wildcard without the type means no data', () => {
    assert.equal(kindOf('host3.example', 'A'), 'nodata');
  });

  test('a name that exists is not covered by a wildcard', () => {
    assert.equal(textOf('host1.example'), 'beside an address');
    assert.equal(kindOf('host1.example', 'CAA'), 'nodata');
    assert.equal(kindOf('host2.example', 'TXT'), 'nodata');
    assert.equal(kindOf('empty.example', 'TXT'), 'nodata');
  });

  test('what is below a name that exists is not covered by a wildcard above it', () => {
    assert.equal(kindOf('_telnet._tcp.host1.example', 'TXT'), 'nxdomain');
    assert.equal(kindOf('_chat._tcp.host2.example', 'TXT'), 'nxdomain');
    assert.equal(kindOf('ghost.host1.example', 'TXT'), 'nxdomain');
    assert.equal(kindOf('below.empty.example', 'TXT'), 'nxdomain');
  });

  test('other domains are not ours, also those that only end alike', () => {
    for (const name of ['example.org', 'myexample', 'org']) {
      assert.equal(kindOf(name, 'A'), 'foreign');
    }
  });

  test('ANY finds one set, addresses first (RFC 8482 §4.1)', () => {
    const found = lookup(zones, parseName('host1.example'), TYPE.ANY);
    assert.equal(found.kind === 'answer' && found.set.type, TYPE.A);
    assert.equal(kindOf('host2.example', 'ANY'), 'nodata');
  });

  test('of two zones the nearer one answers', () => {
    const records = AUTHORITY.map(record => ({ ...record, name: 'sub.example' }));
    const inner = createZone({ domain: 'sub.example', records });
    const both = zonesByApex([exampleZone(), inner]);
    assert.equal(lookup(both, parseName('a.sub.example'), TYPE.TXT).kind, 'nxdomain');
    assert.equal(lookup(both, parseName('a.other.example'), TYPE.TXT).kind, 'answer');
  });
});
