import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type Answer, decode, encode, type Packet, streamEncode } from 'dns-packet';
import type { SocketAddress } from '../../proto/trace.ts';
import { temporaryDirectory } from '../testing/capture.ts';
import { parseServer, resolveName } from './resolve-name.ts';

interface NameServer extends AsyncDisposable {
  readonly address: SocketAddress;
  readonly questions: string[];
}

/** Answers over UDP; with `cut`, UDP says no more than that TCP has the answer. */
async function nameServer(
  answers: readonly Answer[],
  { flags = 0, cut = false } = {},
): Promise<NameServer> {
  const questions: string[] = [];
  const answer = (query: Buffer, isCut: boolean): Packet => {
    const { id = 0, questions: asked = [] } = decode(query);
    questions.push(asked.map(({ type, name }) => `${type} ${name}`).join());
    return {
      type: 'response',
      id,
      flags: flags | (isCut ? 0x0200 : 0),
      questions: asked,
      answers: isCut ? [] : [...answers],
    };
  };
  const udp = createSocket('udp4');
  udp.on('message', (query, { port, address }) =>
    udp.send(encode(answer(query, cut)), port, address),
  );
  udp.bind(0, '127.0.0.1');
  await once(udp, 'listening');
  const { port } = udp.address();
  const tcp = createServer(socket => {
    socket.once('data', query =>
      socket.end(streamEncode(answer(Buffer.from(query).subarray(2), false))),
    );
  });
  tcp.listen(port, '127.0.0.1');
  await once(tcp, 'listening');
  return {
    address: { host: '127.0.0.1', port },
    questions,
    async [Symbol.asyncDispose]() {
      udp.close();
      tcp.close();
    },
  };
}

const AA = 0x0400;
const RECORD: Answer = { type: 'A', name: 'shop.example.test', ttl: 5, data: '203.0.113.10' };

describe('resolveName()', () => {
  test('asks the name server and keeps its answer', async () => {
    await using server = await nameServer([RECORD], { flags: AA });
    const found = await resolveName('shop.example.test', { server: server.address });
    assert.deepEqual(server.questions, ['A shop.example.test']);
    assert.equal(found.address, '203.0.113.10');
    assert.equal(found.by, 'dns');
    const { ms = -1, ...answer } = found.asked?.answer ?? {};
    assert.ok(ms >= 0);
    assert.deepEqual(answer, {
      code: 'NOERROR',
      authoritative: true,
      answers: [{ name: 'shop.example.test', type: 'A', data: '203.0.113.10', ttlSeconds: 5 }],
    });
  });

  test('an answer that was cut is asked for again over TCP', async () => {
    await using server = await nameServer([RECORD], { cut: true });
    const found = await resolveName('shop.example.test', { server: server.address });
    assert.equal(found.address, '203.0.113.10');
    assert.equal(server.questions.length, 2);
  });

  test('an alias is followed as far as the answer does', async () => {
    const alias: Answer = {
      type: 'CNAME',
      name: 'www.example.test',
      ttl: 60,
      data: 'shop.example.test',
    };
    await using server = await nameServer([alias, RECORD]);
    const found = await resolveName('www.example.test', { server: server.address });
    assert.equal(found.address, '203.0.113.10');
    assert.deepEqual(
      found.asked?.answer.answers.map(({ type }) => type),
      ['CNAME', 'A'],
    );
  });

  test('no such name and nobody there are told apart', async () => {
    const server = await nameServer([], { flags: 3 });
    const unknown = await resolveName('no.example.test', { server: server.address });
    assert.deepEqual([unknown.address, unknown.asked?.answer.code], [undefined, 'NXDOMAIN']);
    const { address } = server;
    await server[Symbol.asyncDispose]();
    const nobody = await resolveName('no.example.test', { server: address });
    assert.equal(nobody.asked?.answer.code, 'UNREACHABLE');
  });

  test('addresses, localhost and /etc/hosts need no server', async () => {
    const literal = await resolveName('192.0.2.1');
    assert.deepEqual([literal.address, literal.by], ['192.0.2.1', 'literal']);
    const loopback = await resolveName('shop.sprue.localhost');
    assert.deepEqual([loopback.address, loopback.by], ['127.0.0.1', 'loopback']);
    await using directory = await temporaryDirectory();
    const etc = directory.path;
    await writeFile(
      join(etc, 'hosts'),
      '::1 shop.example.test\n# 192.0.2.8 shop.example.test\n192.0.2.9\tother Shop.Example.Test # mine\n',
    );
    const found = await resolveName('shop.example.test', { etc });
    assert.deepEqual([found.address, found.by], ['192.0.2.9', 'hosts']);
  });

  test('resolv.conf says whom to ask, and the next one is asked when one cannot say', async () => {
    await using refusing = await nameServer([], { flags: 5 });
    await using knowing = await nameServer([RECORD]);
    await using directory = await temporaryDirectory();
    const servers = [refusing, knowing].map(
      ({ address }) => `nameserver 127.0.0.1:${address.port}`,
    );
    await writeFile(
      join(directory.path, 'resolv.conf'),
      `# ours\n${servers.join('\n')}\noptions timeout:1\n`,
    );
    const found = await resolveName('shop.example.test', { etc: directory.path });
    assert.equal(found.address, '203.0.113.10');
    assert.equal(refusing.questions.length, 1);
    assert.deepEqual(found.asked?.server, knowing.address);
  });

  test('parseServer() reads an address with or without a port', () => {
    assert.deepEqual(parseServer('192.0.2.53'), { host: '192.0.2.53', port: 53 });
    assert.deepEqual(parseServer('192.0.2.53:5353'), { host: '192.0.2.53', port: 5353 });
    assert.deepEqual(parseServer('[2001:db8::53]:54'), { host: '2001:db8::53', port: 54 });
    assert.deepEqual(parseServer('2001:db8::53'), { host: '2001:db8::53', port: 53 });
  });
});
