import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type Answer,
  decode,
  encode,
  type OptAnswer,
  type Packet,
  type Question,
} from 'dns-packet';
import { answer } from './answer.ts';
import { exampleZone } from './kit/example-zone.ts';
import { zonesByApex } from './lookup.ts';

const zones = zonesByApex([exampleZone()]);
const RD = 0x0100;

interface Ask {
  readonly transport?: 'udp' | 'tcp';
  readonly truncate?: boolean;
  readonly edns?: Partial<OptAnswer>;
  readonly packet?: Packet;
}

function queryFor(name: string, type: string, { edns, packet }: Ask = {}): Buffer {
  const opt = { udpPayloadSize: 4096, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false };
  return encode({
    type: 'query',
    id: 0x1234,
    flags: RD,
    questions: [{ name, type } as Question],
    additionals: edns ? [{ name: '.', type: 'OPT', options: [], ...opt, ...edns }] : [],
    ...packet,
  });
}

function reply(packet: Buffer, { transport = 'udp', truncate = false }: Ask = {}) {
  const given = answer(packet, zones, { transport, truncate });
  assert.ok(given);
  const decoded = decode(given.packet) as ReturnType<typeof decode> & {
    readonly rcode: string;
    readonly opcode: string;
  };
  assert.equal(decoded.id, packet.readUInt16BE(0));
  assert.equal(decoded.flag_qr, true);
  assert.equal(decoded.flag_ra, false);
  return { ...decoded, outcome: given.outcome, bytes: given.packet };
}

const ask = (name: string, type: string, options: Ask = {}) =>
  reply(queryFor(name, type, options), options);

const optOf = (additionals: readonly Answer[] | undefined) =>
  (additionals ?? []).find((each): each is OptAnswer => each.type === 'OPT');

describe('answer()', () => {
  test('gives the records with AA, RD as asked, and nothing else', () => {
    const { flag_aa, flag_rd, answers, authorities, additionals } = ask('host1.example', 'A');
    assert.deepEqual([flag_aa, flag_rd], [true, true]);
    assert.deepEqual(
      answers?.map(record => [record.name, record.type, 'data' in record && record.data]),
      [['host1.example', 'A', '192.0.2.1']],
    );
    assert.deepEqual([authorities, additionals], [[], []]);
    assert.equal(ask('host1.example', 'A', { packet: { flags: 0 } }).flag_rd, false);
  });

  test('keeps the letters of the question, also as owner of the records', () => {
    const { questions, answers } = ask('hOsT1.eXamPLe', 'A');
    assert.equal(questions?.[0]?.name, 'hOsT1.eXamPLe');
    assert.equal(answers?.[0]?.name, 'hOsT1.eXamPLe');
  });

  test('keeps bytes of the question that are no text, and tells a dot in a label from one between', () => {
    const packet = queryFor('a-b.example', 'TXT');
    packet.write('.', packet.indexOf('-'));
    const inside = reply(packet);
    assert.equal(inside.outcome, 'answer');
    assert.ok(inside.bytes.includes(Buffer.from('\x03a.b\x07example\0', 'latin1')));
    packet.writeUInt8(0xff, packet.indexOf('.'));
    assert.ok(reply(packet).bytes.includes(packet.subarray(12, 30)));
    const host = queryFor('host1-example', 'A'); // one label, not two
    host.write('.', host.indexOf('-'));
    assert.equal(reply(host).outcome, 'refused');
  });

  test('says NODATA and NXDOMAIN with the SOA record and its negative TTL (RFC 2308 §3)', () => {
    for (const [name, rcode, outcome] of [
      ['host1.example', 'NOERROR', 'nodata'],
      ['x.host1.example', 'NXDOMAIN', 'nxdomain'],
    ] as const) {
      const { authorities, answers, flag_aa, ...rest } = ask(name, 'CAA');
      assert.deepEqual([rest.rcode, rest.outcome, flag_aa, answers], [rcode, outcome, true, []]);
      const [soa] = authorities ?? [];
      assert.deepEqual(
        [soa?.name, soa?.type, soa && 'ttl' in soa && soa.ttl],
        ['example', 'SOA', 60],
      );
    }
  });

  test('starts with another record of a set for another id', () => {
    const first = (id: number) => {
      const [record] = ask('three.example', 'A', { packet: { id } }).answers ?? [];
      return record && 'data' in record ? record.data : undefined;
    };
    assert.deepEqual([3, 4, 5, 6].map(first), ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.1']);
  });

  test('refuses other zones, other classes and zone transfers, without AA', () => {
    const others = [
      ask('example.org', 'A'),
      ask('.', 'NS'),
      ask('host1.example', 'AXFR'),
      ask('host1.example', 'IXFR'),
      ask('host1.example', 'A', {
        packet: { questions: [{ name: 'host1.example', type: 'A', class: 'CH' }] },
      }),
    ];
    for (const { rcode, flag_aa, answers } of others) {
      assert.deepEqual([rcode, flag_aa, answers], ['REFUSED', false, []]);
    }
  });

  test('does not know other opcodes and query types', () => {
    assert.equal(ask('host1.example', 'A', { packet: { flags: 5 << 11 } }).rcode, 'NOTIMP');
    assert.equal(ask('host1.example', 'A', { packet: { flags: 5 << 11 } }).opcode, 'UPDATE');
    assert.equal(ask('host1.example', 'TKEY').rcode, 'NOTIMP');
  });

  test('answers ANY with one set (RFC 8482)', () => {
    assert.deepEqual(
      ask('host1.example', 'ANY').answers?.map(({ type }) => type),
      ['A'],
    );
  });
});

describe('answer() with EDNS (RFC 6891)', () => {
  test('has an OPT record if and only if the query has one, and copies DO', () => {
    assert.equal(optOf(ask('host1.example', 'A').additionals), undefined);
    const opt = optOf(ask('host1.example', 'A', { edns: {} }).additionals);
    assert.deepEqual([opt?.udpPayloadSize, opt?.ednsVersion, opt?.flag_do], [1232, 0, false]);
    const secure = optOf(ask('host1.example', 'A', { edns: { flags: 0x8000 } }).additionals);
    assert.equal(secure?.flag_do, true);
  });

  test('says BADVERS to other versions', () => {
    const { rcode, additionals, answers } = ask('host1.example', 'A', { edns: { ednsVersion: 1 } });
    const opt = optOf(additionals);
    assert.deepEqual([rcode, opt?.extendedRcode, opt?.ednsVersion], ['NOERROR', 1, 0]);
    assert.deepEqual(answers, []);
  });

  test('truncates what is larger than 512, the client’s size and 1,232, but not over TCP', () => {
    for (const edns of [undefined, { udpPayloadSize: 1 }, { udpPayloadSize: 65_535 }]) {
      const cut = ask('large.example', 'TXT', edns && { edns });
      assert.deepEqual([cut.flag_tc, cut.flag_aa, cut.outcome], [true, true, 'truncated']);
      assert.deepEqual([cut.answers, optOf(cut.additionals) !== undefined], [[], Boolean(edns)]);
    }
    const whole = ask('large.example', 'TXT', { transport: 'tcp' });
    assert.deepEqual([whole.flag_tc, whole.answers?.length], [false, 8]);
  });

  test('refuses two OPT records, one in the wrong place and one of the wrong owner', () => {
    const opt = { type: 'OPT', udpPayloadSize: 512, options: [] } as unknown as OptAnswer;
    const root = { ...opt, name: '.' };
    const wrong: Packet[] = [{ additionals: [root, root] }, { authorities: [root] }];
    for (const packet of wrong) {
      assert.equal(ask('host1.example', 'A', { packet }).rcode, 'FORMERR');
    }
    const owned = queryFor('host1.example', 'A', { packet: { additionals: [root] } });
    const owner = owned.length - 11;
    const named = Buffer.concat([
      owned.subarray(0, owner),
      Buffer.from('\x01a'),
      owned.subarray(owner),
    ]);
    assert.equal(reply(named).rcode, 'FORMERR');
  });
});

describe('answer() to malformed packets', () => {
  const silent = (packet: Buffer) => answer(packet, zones, { transport: 'udp' }) === undefined;

  test('is silent to what is shorter than a header and to responses', () => {
    const packet = queryFor('host1.example', 'A');
    for (let length = 0; length < 12; length++) assert.ok(silent(packet.subarray(0, length)));
    packet.writeUInt8(0x80, 2);
    assert.ok(silent(packet));
  });

  test('is FORMERR, a bare header, to every other packet that was cut or has a tail', () => {
    const packet = queryFor('host1.example', 'A', { edns: {} });
    for (let length = 12; length < packet.length; length++) {
      const { rcode, bytes } = reply(packet.subarray(0, length));
      assert.deepEqual([rcode, bytes.length], ['FORMERR', 12], `cut at ${length}`);
    }
    assert.equal(reply(Buffer.concat([packet, Buffer.of(0)])).rcode, 'FORMERR');
  });

  test('is FORMERR to no question, two questions, and answers in a query (RFC 9619 §4)', () => {
    const question: Question = { name: 'host1.example', type: 'A' };
    const record: Answer = { name: 'host1.example', type: 'A', data: '192.0.2.1' };
    const wrong: Packet[] = [
      { questions: [] },
      { questions: [question, question] },
      { answers: [record] },
    ];
    for (const packet of wrong) assert.equal(ask('', 'A', { packet }).rcode, 'FORMERR');
  });

  test('is FORMERR to pointers and unknown label types in the question', () => {
    for (const byte of [0xc0, 0x40, 0x80]) {
      const packet = queryFor('host1.example', 'A');
      packet.writeUInt8(byte, 12);
      packet.writeUInt8(0, 13);
      assert.equal(reply(packet).rcode, 'FORMERR');
    }
  });

  test('takes records behind the question whose owner is a pointer', () => {
    const packet = queryFor('host1.example', 'A', {
      packet: { additionals: [{ name: '.', type: 'A', data: '192.0.2.1' }] },
    });
    const owner = packet.length - 15;
    const pointed = Buffer.concat([
      packet.subarray(0, owner),
      Buffer.of(0xc0, 12),
      packet.subarray(owner + 1),
    ]);
    assert.equal(reply(pointed).outcome, 'answer');
  });
});

test('answer() that must truncate says TC and is never larger than the query', () => {
  for (const edns of [undefined, {}]) {
    const options: Ask = { truncate: true, ...(edns && { edns }) };
    const { flag_tc, answers, bytes } = ask('host1.example', 'A', options);
    assert.deepEqual([flag_tc, answers], [true, []]);
    assert.ok(bytes.length <= queryFor('host1.example', 'A', options).length);
  }
});
