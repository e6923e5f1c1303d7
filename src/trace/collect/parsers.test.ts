import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseConntrack } from './conntrack.ts';
import { parseElement } from './map-element.ts';
import { parseNftTraceLine } from './parse-nft-trace.ts';
import { flowTo, parseSocketLines } from './parse-sockets.ts';

const at = (host: string, port: number) => ({ host, port });

describe('parseConntrack()', () => {
  test('reads both directions, state and id of one line of conntrack -o extended,id', () => {
    const line =
      'ipv4     2 tcp      6 431999 ESTABLISHED src=10.0.0.11 dst=10.0.0.12 sport=41822 dport=61001 src=10.254.0.6 dst=10.0.0.11 sport=8080 dport=41822 [ASSURED] mark=0 use=2 id=3056040525';
    assert.deepEqual(parseConntrack(line), {
      original: { source: at('10.0.0.11', 41822), destination: at('10.0.0.12', 61001) },
      reply: { source: at('10.254.0.6', 8080), destination: at('10.0.0.11', 41822) },
      state: 'ESTABLISHED',
      isReplied: true,
      id: '3056040525',
    });
  });

  test('a connection without an answer, and one that was closed by a reset', () => {
    const waiting =
      'ipv4     2 tcp      6 119 SYN_SENT src=10.0.0.1 dst=10.0.0.2 sport=1000 dport=61001 [UNREPLIED] src=10.254.0.6 dst=10.0.0.1 sport=8080 dport=1000 mark=0 use=1 id=7';
    assert.deepEqual(
      [parseConntrack(waiting)?.state, parseConntrack(waiting)?.isReplied],
      ['SYN_SENT', false],
    );
    const closed =
      'ipv4     2 tcp      6 CLOSE src=10.0.0.1 dst=10.0.0.2 sport=1000 dport=61001 src=10.254.0.6 dst=10.0.0.1 sport=8080 dport=1000 mark=0 use=1';
    assert.equal(parseConntrack(closed)?.state, 'CLOSE');
  });

  test('anything else is no entry', () => {
    assert.equal(parseConntrack(''), undefined);
    assert.equal(parseConntrack('conntrack v1.4.7: 0 flow entries have been shown.'), undefined);
  });
});

describe('parseElement()', () => {
  test('finds the value of a key of one part and of several', () => {
    const ports = `table inet sprue {
	map ports {
		type inet_proto . inet_service : ipv4_addr . inet_service
		elements = { tcp . 61001 : 10.254.0.6 . 8080 }
	}
}`;
    assert.equal(parseElement(ports, 'tcp . 61001'), '10.254.0.6 . 8080');
    assert.equal(parseElement(ports, 'tcp . 6100'), undefined);
    const floating = 'map to_router { elements = { 203.0.113.10 : 10.0.0.11 } }';
    assert.equal(parseElement(floating, '203.0.113.10'), '10.0.0.11');
  });
});

describe('parseSocketLines()', () => {
  test('reads listeners and connections of both families', () => {
    const lines = parseSocketLines(
      [
        'LISTEN 0 511 0.0.0.0:8080 0.0.0.0:* uid:102000 ino:2445802 sk:1006 cgroup:/x <->',
        'LISTEN 2 128 [::1]:9000 [::]:* ino:7 sk:1 <->',
        'LISTEN 0 128 *:3000 *:* ino:8 sk:2 <->',
        'ESTAB 78 0 [::ffff:10.254.0.3]:8080 [::ffff:198.51.100.2]:59828 uid:1 ino:9 sk:c <->',
        'TIME-WAIT 0 0 10.254.0.3%eth0:8080 198.51.100.2:59829 timer:(timewait,59sec,0) ino:0 sk:d',
      ].join('\n'),
    );
    assert.deepEqual(
      lines.map(({ state, receiveQueue, local, inode }) => [state, receiveQueue, local, inode]),
      [
        ['LISTEN', 0, at('0.0.0.0', 8080), 2445802],
        ['LISTEN', 2, at('::1', 9000), 7],
        ['LISTEN', 0, at('::', 3000), 8],
        ['ESTAB', 78, at('10.254.0.3', 8080), 9],
        ['TIME-WAIT', 0, at('10.254.0.3', 8080), undefined],
      ],
    );
    const [established] = lines.filter(({ state }) => state === 'ESTAB');
    assert.ok(established);
    assert.deepEqual(flowTo(established), {
      source: at('198.51.100.2', 59828),
      destination: at('10.254.0.3', 8080),
    });
    assert.deepEqual(parseSocketLines(''), []);
  });
});

describe('parseNftTraceLine()', () => {
  test('a packet, a rule that goes on, one that drops, a policy', () => {
    const packet = parseNftTraceLine(
      'trace id aa29093e inet sprue map_own_ports packet: oif "lo" ip saddr 192.0.2.2 ip daddr 192.0.2.3 ip dscp cs0 ip ecn not-ect ip ttl 64 ip id 38983 ip protocol tcp ip length 60 tcp sport 41000 tcp dport 61001 tcp flags == syn tcp window 65495',
    );
    assert.deepEqual(packet, {
      id: 'aa29093e',
      table: 'inet sprue',
      chain: 'map_own_ports',
      event: {
        type: 'packet',
        flow: { source: at('192.0.2.2', 41000), destination: at('192.0.2.3', 61001) },
      },
    });
    const event = (text: string) =>
      parseNftTraceLine(`trace id 1 inet sprue refuse ${text}`)?.event;
    assert.deepEqual(event('rule counter goto refuse (verdict goto refuse)'), {
      type: 'rule',
      text: 'counter goto refuse',
      drops: false,
    });
    assert.deepEqual(event('rule meta l4proto tcp reject with tcp reset (verdict drop)'), {
      type: 'rule',
      text: 'meta l4proto tcp reject with tcp reset',
      drops: true,
    });
    assert.deepEqual(event('policy drop'), { type: 'policy', text: 'drop', drops: true });
    assert.deepEqual(event('policy accept'), { type: 'policy', text: 'accept', drops: false });
  });

  test('anything else is left out', () => {
    assert.equal(parseNftTraceLine('add table inet x'), undefined);
    assert.equal(
      parseNftTraceLine('trace id 1 inet a b packet: iif "eth0" ip6 saddr ::1 ip6 daddr ::1'),
      undefined,
    );
  });
});
