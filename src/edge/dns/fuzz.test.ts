import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, encode, type Question } from 'dns-packet';
import { Random } from '../../../test/kit/random.ts';
import { answer } from './answer.ts';
import { exampleZone } from './kit/example-zone.ts';
import { zonesByApex } from './lookup.ts';

const SEED = 20_261_122;
const PACKETS = 150_000;
const zones = zonesByApex([exampleZone()]);
const random = new Random(SEED);

const NAMES = ['host1.example', 'x.y.example', 'large.example', 'example', 'example.org', '.'];
const TYPES = ['A', 'AAAA', 'TXT', 'SOA', 'NS', 'CAA', 'ANY', 'AXFR', 'OPT'];
const CORPUS = NAMES.flatMap(name =>
  TYPES.flatMap(type =>
    [[], [{ name: '.', type: 'OPT', udpPayloadSize: 4096, options: [] }]].map(additionals =>
      encode({ questions: [{ name, type } as Question], additionals: additionals as never }),
    ),
  ),
);

function randomPacket(): Buffer {
  const packet = Buffer.allocUnsafe(random.below(random.chance(0.1) ? 1_500 : 64));
  for (let offset = 0; offset < packet.length; offset++) packet[offset] = random.below(256);
  if (packet.length > 4 && random.chance(0.8)) packet.writeUInt16BE(random.below(512), 2); // a query
  if (packet.length > 12 && random.chance(0.8)) packet.writeUInt32BE(0x00010000, 4); // one question
  return packet;
}

/** A good query after a few bit flips, cuts, insertions and repetitions. */
function mutatedPacket(): Buffer {
  let packet = Buffer.from(random.pick(CORPUS));
  for (let count = random.below(5); count >= 0 && packet.length > 0; count--) {
    const at = random.below(packet.length);
    const kind = random.below(10);
    if (kind === 0) packet = packet.subarray(0, at);
    else if (kind === 1) packet = Buffer.concat([packet.subarray(0, at), packet]);
    else if (kind === 2) packet.writeUInt8([0, 63, 64, 192, 255][random.below(5)] ?? 0, at);
    else packet.writeUInt8((packet[at] ?? 0) ^ (1 << random.below(8)), at);
  }
  return packet;
}

for (const [what, make] of [
  ['random', randomPacket],
  ['mutated', mutatedPacket],
] as const) {
  test(`answer() survives ${PACKETS} ${what} packets with replies that obey the rules`, () => {
    let replies = 0;
    for (let count = 0; count < PACKETS; count++) {
      const packet = make();
      const transport = count % 4 === 0 ? 'tcp' : 'udp';
      const truncate = count % 16 === 1;
      const reply = answer(packet, zones, { transport, truncate })?.packet;
      const isQuery = packet.length >= 12 && (packet[2] ?? 0) < 0x80;
      assert.equal(reply !== undefined, isQuery, packet.toString('hex'));
      if (reply === undefined) continue;
      replies += 1;
      const { id, flag_qr, flag_ra } = decode(reply);
      assert.deepEqual([id, flag_qr, flag_ra], [packet.readUInt16BE(0), true, false]);
      assert.equal(decode.bytes, reply.length, 'nothing follows the message');
      if (transport === 'udp') assert.ok(reply.length <= 1_232);
      if (truncate) assert.ok(reply.length <= packet.length);
    }
    assert.ok(replies > PACKETS / 10, 'the fuzzer found queries');
  });
}
