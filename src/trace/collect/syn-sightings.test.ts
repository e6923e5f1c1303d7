import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseNftTraceLine } from './parse-nft-trace.ts';
import { SynSightings } from './syn-sightings.ts';

const OWN = 'inet sprue-trace-dea';
const at = (host: string, port: number) => ({ host, port });
const dialled = (port: number) => ({
  source: at('10.0.0.11', port),
  destination: at('10.0.0.12', 61001),
});

function packet(id: string, place: string, port: number, to = '10.0.0.12', dport = 61001): string {
  return `trace id ${id} ${place} packet: iif "eth0" ip saddr 10.0.0.11 ip daddr ${to} ip ttl 64 tcp sport ${port} tcp dport ${dport} tcp flags == syn`;
}

function reading(...lines: readonly string[]): SynSightings {
  const sightings = new SynSightings(OWN);
  for (const text of lines) {
    const line = parseNftTraceLine(text);
    assert.ok(line, text);
    sightings.add(line, text);
  }
  return sightings;
}

describe('SynSightings', () => {
  test('follows a packet past the NAT that rewrote it', () => {
    const seen = reading(
      packet('a1', `${OWN} count`, 4000),
      `trace id a1 ${OWN} count rule meta nftrace set 1 (verdict continue)`,
      packet('a1', 'inet sprue map_ports', 4000),
      'trace id a1 inet sprue map_ports rule dnat ip to meta l4proto . th dport map @ports (verdict accept)',
      packet('a1', 'inet sprue forwarded', 4000, '10.254.0.6', 8080),
      'trace id a1 inet sprue forwarded policy accept',
    ).find(dialled(4000));
    assert.deepEqual(seen?.arrived, dialled(4000));
    assert.deepEqual(seen?.last.destination, at('10.254.0.6', 8080));
    assert.equal(seen?.droppedBy, undefined);
    assert.equal(seen?.lines.length, 5, 'all but the rule of our own');
  });

  test('packets under way at once do not mix, not even when the kernel uses an id again', () => {
    const sightings = reading(
      packet('a1', `${OWN} count`, 4000),
      packet('b2', `${OWN} count`, 5000),
      packet('b2', 'inet sprue to_host', 5000),
      packet('a1', 'inet sprue forwarded', 4000, '10.254.0.6', 8080),
      'trace id b2 inet sprue to_host rule counter packets 3 bytes 9 drop (verdict drop)',
      packet('b2', 'inet sprue forwarded', 4000, '10.254.0.6', 8080),
      'trace id b2 inet sprue forwarded policy accept',
    );
    assert.equal(sightings.find(dialled(4000))?.droppedBy, undefined);
    assert.equal(
      sightings.find(dialled(5000))?.droppedBy,
      'counter packets 3 bytes 9 drop (inet sprue, chain to_host)',
    );
  });

  test('a packet of somebody else’s trace rules is nobody’s, and other addresses are not found', () => {
    const sightings = reading(
      packet('c3', 'inet other mark', 4000),
      packet('c3', 'inet sprue forwarded', 4000),
    );
    assert.equal(sightings.find(dialled(4000)), undefined);
    const own = reading(packet('c3', `${OWN} count`, 4000));
    assert.equal(
      own.find({ source: at('10.0.0.11', 4000), destination: at('10.0.0.12', 61002) }),
      undefined,
    );
    own.clear();
    assert.equal(own.find(dialled(4000)), undefined);
  });

  test('a port that is used for another connection tells of the newer one', () => {
    const sightings = reading(
      packet('a1', `${OWN} count`, 4000),
      packet('a2', `${OWN} count`, 4000, '10.0.0.12', 61002),
    );
    assert.equal(sightings.find(dialled(4000)), undefined);
    const newer = { source: at('10.0.0.11', 4000), destination: at('10.0.0.12', 61002) };
    assert.ok(sightings.find(newer));
  });
});
