import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket as TcpSocket } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { encode } from 'dns-packet';
import type { DnsEndpoint } from '../../src/edge/dns/dns-server.ts';
import { MessageReader, withLength } from '../../src/edge/dns/message-reader.ts';
import { dig } from '../kit/dig.ts';
import { eventually } from '../kit/eventually.ts';
import { Random } from '../kit/random.ts';
import { DOMAIN, type OpenDns, openDns } from './open-dns.ts';

const query = (id: number, name = `shop.${DOMAIN}`, type: 'A' | 'TXT' = 'A') =>
  encode({ id, questions: [{ name, type }] });

interface UdpClient extends AsyncDisposable {
  readonly replies: Buffer[];
  send(packets: readonly Buffer[]): Promise<void>;
}

async function openUdpClient(at: DnsEndpoint): Promise<UdpClient> {
  const socket: Socket = createSocket('udp4');
  const replies: Buffer[] = [];
  socket.on('message', reply => replies.push(reply));
  socket.connect(at.port, at.address);
  await once(socket, 'connect');
  const sendOne = (packet: Buffer) =>
    new Promise<void>((resolve, reject) => {
      socket.send(packet, error => (error ? reject(error) : resolve()));
    });
  return {
    replies,
    async send(packets) {
      for (const packet of packets) await sendOne(packet);
    },
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, 'close');
    },
  };
}

interface TcpClient extends Disposable {
  readonly socket: TcpSocket;
  readonly replies: Buffer[];
  isClosed(): boolean;
}

async function openTcpClient(at: DnsEndpoint): Promise<TcpClient> {
  const socket = connect(at.port, at.address);
  const reader = new MessageReader();
  const replies: Buffer[] = [];
  let closed = false;
  socket.on('error', () => {});
  socket.on('close', () => {
    closed = true;
  });
  socket.on('data', (bytes: Buffer) => {
    reader.push(bytes);
    for (let reply = reader.next(); reply; reply = reader.next()) replies.push(reply);
  });
  await once(socket, 'connect');
  return { socket, replies, isClosed: () => closed, [Symbol.dispose]: () => socket.destroy() };
}

const idsOf = (replies: readonly Buffer[]) => replies.map(reply => reply.readUInt16BE(0));

/** As many small datagrams as a socket's receive buffer surely holds. */
const BATCH = 100;

/** Sends as fast as the server takes packets, so that the kernel drops none and counts are exact. */
async function flood(dns: OpenDns, client: UdpClient, packets: readonly Buffer[]): Promise<void> {
  const before = dns.server.counters.udpReceived;
  for (let sent = 0; sent < packets.length; sent += BATCH) {
    await client.send(packets.slice(sent, sent + BATCH));
    const arrived = before + Math.min(sent + BATCH, packets.length);
    await eventually(() => dns.server.counters.udpReceived === arrived);
  }
}

describe('DNS over UDP under abuse', () => {
  test('malformed packets get FORMERR or silence, and good ones their answer', async () => {
    await using dns = await openDns({ rateLimit: { burst: 10_000 } });
    await using client = await openUdpClient(dns.at);
    const random = new Random(53);
    const noise = Array.from({ length: 2_000 }, () => {
      const packet = Buffer.from(query(1));
      for (let flips = random.below(4); flips >= 0; flips--) {
        packet[random.below(packet.length)] = random.below(256);
      }
      return packet.subarray(0, random.below(packet.length + 1));
    });
    await flood(dns, client, [...noise, query(0xabcd)]);
    const { ignored, replies } = dns.server.counters;
    const replied = Object.values(replies).reduce((sum, count) => sum + count, 0);
    assert.equal(ignored + replied, noise.length + 1);
    assert.ok(replies.formerr > 100 && ignored > 100);
    await eventually(() => client.replies.length === replied);
    assert.equal(idsOf(client.replies).at(-1), 0xabcd);
  });

  test('responses are never answered', async () => {
    await using dns = await openDns();
    await using client = await openUdpClient(dns.at);
    await client.send([query(1)]);
    await eventually(() => client.replies.length === 1);
    await client.send([...client.replies, query(2)]);
    await eventually(() => client.replies.length === 2);
    assert.deepEqual(idsOf(client.replies), [1, 2]);
    assert.equal(dns.server.counters.ignored, 1);
  });

  test('a flood of 5,000 queries gets its limit of answers; the rest gets nothing, or less than it sent', async () => {
    const burst = 100;
    await using dns = await openDns({ rateLimit: { repliesPerSecond: 50, burst, slip: 2 } });
    await using client = await openUdpClient(dns.at);
    const startMs = performance.now();
    const packets = Array.from({ length: 5_000 }, (_, id) => query(id));
    await flood(dns, client, packets);
    const { replies, rateLimited } = dns.server.counters;
    const allowed = burst + Math.ceil(((performance.now() - startMs) / 1_000) * 50);
    assert.ok(replies.answer >= burst && replies.answer <= allowed, `${replies.answer}`);
    assert.ok(Math.abs(rateLimited - replies.truncated) <= 1, 'every second one slips');
    assert.equal(packets.length, replies.answer + replies.truncated + rateLimited);
    await eventually(() => client.replies.length === replies.answer + replies.truncated);
    const larger = client.replies.filter(reply => reply.length > query(1).length);
    assert.equal(larger.length, replies.answer);
    assert.equal((await dig(dns.at, DOMAIN, 'SOA', '+tcp')).status, 'NOERROR');
  });
});

describe('DNS over TCP (RFC 7766)', () => {
  test('answers many queries of one connection, however they are cut, in their order', async () => {
    await using dns = await openDns();
    using client = await openTcpClient(dns.at);
    const ids = Array.from({ length: 500 }, (_, index) => index);
    client.socket.write(Buffer.concat(ids.map(id => withLength(query(id)))));
    await eventually(() => client.replies.length === 500);
    assert.deepEqual(idsOf(client.replies), ids);
    for (const byte of withLength(query(777))) {
      client.socket.write(Buffer.of(byte));
      await delay(1);
    }
    await eventually(() => client.replies.length === 501);
  });

  test('answers what came before the end of the client’s stream, then closes', async () => {
    await using dns = await openDns();
    using client = await openTcpClient(dns.at);
    client.socket.end(Buffer.concat([withLength(query(1)), withLength(query(2)), Buffer.of(0)]));
    await eventually(() => client.isClosed());
    assert.deepEqual(idsOf(client.replies), [1, 2]);
    await eventually(() => dns.server.counters.tcpOpen === 0);
  });

  test('closes a connection that brings no complete query in time, even if bytes trickle', async () => {
    await using dns = await openDns({ tcp: { idleTimeoutMs: 200 } });
    using silent = await openTcpClient(dns.at);
    using trickling = await openTcpClient(dns.at);
    trickling.socket.write(Buffer.of(0xff, 0xff));
    const drip = setInterval(() => trickling.socket.write(Buffer.of(0)), 20);
    try {
      await eventually(() => silent.isClosed() && trickling.isClosed());
    } finally {
      clearInterval(drip);
    }
    assert.equal(dns.server.counters.tcpTimedOut, 2);
  });

  test('keeps a connection open as long as queries come', async () => {
    await using dns = await openDns({ tcp: { idleTimeoutMs: 300 } });
    using client = await openTcpClient(dns.at);
    for (let id = 0; id < 8; id++) {
      client.socket.write(withLength(query(id)));
      await delay(100);
    }
    assert.equal(client.isClosed(), false);
    assert.equal(client.replies.length, 8);
  });

  test('stops reading from a client that does not read its replies, and drops it', async () => {
    await using dns = await openDns({ tcp: { idleTimeoutMs: 500 } });
    using client = await openTcpClient(dns.at);
    client.socket.pause();
    const many = Buffer.concat(
      Array.from({ length: 20_000 }, (_, id) => withLength(query(id, `large.${DOMAIN}`, 'TXT'))),
    );
    client.socket.write(many);
    await eventually(() => dns.server.counters.tcpTimedOut === 1);
    assert.ok(dns.server.counters.tcpReceived < 20_000, 'it did not take all of them');
  });

  test('closes connections beyond the limits, of one client and of all', async () => {
    for (const limits of [{ maxConnectionsPerClient: 3 }, { maxConnections: 3 }]) {
      await using dns = await openDns({ tcp: limits });
      using stack = new DisposableStack();
      const clients: TcpClient[] = [];
      for (let count = 0; count < 5; count++) {
        clients.push(stack.use(await openTcpClient(dns.at)));
      }
      await eventually(() => clients.filter(client => client.isClosed()).length === 2);
      assert.deepEqual([dns.server.counters.tcpOpen, dns.server.counters.tcpRefused], [3, 2]);
      clients[0]?.socket.destroy();
      await eventually(() => dns.server.counters.tcpOpen === 2);
      assert.equal((await dig(dns.at, DOMAIN, '+tcp')).status, 'NOERROR');
    }
  });

  test('closes a connection that brings what is no query', async () => {
    await using dns = await openDns();
    const response = encode({ type: 'response', questions: [{ name: DOMAIN, type: 'A' }] });
    for (const message of [Buffer.alloc(0), Buffer.from('GET'), response]) {
      using client = await openTcpClient(dns.at);
      client.socket.write(withLength(message));
      await eventually(() => client.isClosed());
      assert.equal(client.replies.length, 0);
    }
  });
});
