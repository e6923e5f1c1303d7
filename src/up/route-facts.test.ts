import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseConnection, parseMapping } from './route-facts.ts';

describe('route facts', () => {
  test('parseConnection() reads both tuples of the newest established entry', () => {
    const listing = [
      'tcp      6 100 TIME_WAIT src=192.0.2.2 dst=192.0.2.2 sport=1 dport=61001 src=10.254.0.2 dst=192.0.2.2 sport=8080 dport=1 [ASSURED]',
      'tcp      6 431999 ESTABLISHED src=192.0.2.2 dst=192.0.2.2 sport=52000 dport=61001 src=10.254.0.2 dst=192.0.2.2 sport=8080 dport=52000 [ASSURED] mark=0 use=1',
      '',
    ].join('\n');
    assert.deepEqual(parseConnection(listing), {
      before: '192.0.2.2:52000 → 192.0.2.2:61001',
      after: '192.0.2.2:52000 → 10.254.0.2:8080',
    });
  });

  test('parseConnection() invents nothing when there is no established entry', () => {
    assert.equal(parseConnection(''), undefined);
  });

  test('parseMapping() reads an element as nft prints it', () => {
    const listing =
      'table inet sprue {\n\tmap ports {\n\t\ttype inet_proto . inet_service : ipv4_addr . inet_service\n\t\telements = { tcp . 61001 : 10.254.0.2 . 8080 }\n\t}\n}\n';
    assert.equal(parseMapping(listing), 'tcp . 61001 → 10.254.0.2 . 8080');
  });

  test('parseMapping() answers undefined for a listing without elements', () => {
    assert.equal(parseMapping(''), undefined);
  });
});
