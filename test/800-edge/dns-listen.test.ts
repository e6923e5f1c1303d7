import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, test } from 'node:test';
import { hasCode } from '../../src/core/errors.ts';
import { DnsServer } from '../../src/edge/dns/dns-server.ts';
import { eventually } from '../kit/eventually.ts';
import { openDns } from './open-dns.ts';

const listen = (addresses: readonly string[], port: number) =>
  DnsServer.listen({ addresses, port });

/** This process, as an error names it. */
const US = new RegExp(`pid ${process.pid}`);

describe('DnsServer.listen()', () => {
  test('says who has the UDP port', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const taken = listen(['127.0.0.1'], socket.address().port);
    await assert.rejects(
      taken,
      thrown =>
        hasCode(thrown, 'DNS_PORT_TAKEN') && US.test(thrown.message) && /UDP/.test(thrown.message),
    );
    socket.close();
    await once(socket, 'close');
  });

  test('says who has the TCP port, and leaves the UDP port alone', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const address = holder.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await assert.rejects(
      listen(['127.0.0.1'], port),
      thrown =>
        hasCode(thrown, 'DNS_PORT_TAKEN') && US.test(thrown.message) && /TCP/.test(thrown.message),
    );
    holder.close();
    await once(holder, 'close');
    await using again = await listen(['127.0.0.1'], port);
    assert.equal(again.endpoints[0]?.port, port);
  });

  test('serves on all addresses or on none', async () => {
    await using dns = await openDns();
    const { port } = dns.at;
    await assert.rejects(listen(['127.0.0.2', '127.0.0.1'], port), { code: 'DNS_PORT_TAKEN' });
    await using free = await listen(['127.0.0.2'], port);
    assert.equal(free.endpoints.length, 1);
  });

  test('refuses the wildcard, foreign addresses and what is none', async () => {
    for (const [address, code] of [
      ['0.0.0.0', 'DNS_ADDRESS_UNSPECIFIC'],
      ['::', 'DNS_ADDRESS_UNSPECIFIC'],
      ['192.0.2.1', 'ADDRESS_NOT_LOCAL'],
      ['localhost', 'INVALID_ADDRESS'],
    ] as const) {
      await assert.rejects(listen([address], 0), { code }, address);
    }
  });
});

test('DnsServer.close() closes connections and ports, and may be called twice', async () => {
  const { server, at } = await openDns();
  const client = connect(at.port, at.address);
  await once(client, 'connect');
  await eventually(() => server.counters.tcpOpen === 1);
  await Promise.all([server.close(), once(client, 'close')]);
  await server.close();
  assert.equal(server.counters.tcpOpen, 0);
  await using again = await listen([at.address], at.port);
  assert.equal(again.endpoints[0]?.port, at.port);
});
