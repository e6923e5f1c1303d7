import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import {
  describeSocketOwner,
  listTcpListeners,
  listTcpListenersOf,
  listUdpListeners,
  parseListeners,
} from './listeners.ts';

test('listTcpListeners() and describeSocketOwner() name this process for a port it listens on', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const listener = listTcpListeners().find(found => found.port === port);
  assert.ok(listener);
  assert.match(describeSocketOwner(listener.inode) ?? '', new RegExp(`pid ${process.pid}`));
  server.close();
  await once(server, 'close');
  assert.equal(
    listTcpListeners().some(found => found.port === port),
    false,
  );
});

test('listUdpListeners() finds a bound UDP socket by address and port', async () => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  const found = listUdpListeners().find(listener => listener.port === port);
  assert.equal(found?.address, '127.0.0.1');
  socket.close();
  await once(socket, 'close');
});

test('listTcpListenersOf() sees the sockets of a process, and none of one that has ended', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const found = (await listTcpListenersOf(process.pid)).filter(socket => socket.port === port);
  server.close();
  assert.deepEqual(
    found.map(socket => socket.address),
    ['127.0.0.1'],
  );
  const beyondAnyPid = 2 ** 22 + 1;
  assert.deepEqual(await listTcpListenersOf(beyondAnyPid), []);
});

const TCP = `\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  2000        0 5151 1 0000000000000000 100 0 0 10 0
   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000  2000        0 5152 1 0000000000000000 100 0 0 10 0
   2: 0700FE0A:C350 0A0064C6:0050 01 00000000:00000000 00:00000000 00000000  2000        0 5153 1 0000000000000000 20 4 30 10 -1
`;
const TCP6 = `\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  2000        0 6161 1 0000000000000000 100 0 0 10 0
   1: 00000000000000000000000001000000:1F92 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  2000        0 6162 1 0000000000000000 100 0 0 10 0
   2: 0000000000000000FFFF00000100007F:1F93 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  2000        0 6163 1 0000000000000000 100 0 0 10 0
   3: B80D01200000000000000000EFBE0000:1F94 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  2000        0 6164 1 0000000000000000 100 0 0 10 0
`;

test('parseListeners() finds what listens on IPv4, not what is connected', () => {
  assert.deepEqual(parseListeners(TCP), [
    { address: '127.0.0.1', port: 8080, inode: '5151' },
    { address: '0.0.0.0', port: 80, inode: '5152' },
  ]);
});

test('parseListeners() writes IPv6 addresses in their shortest form', () => {
  assert.deepEqual(
    parseListeners(TCP6).map(listener => listener.address),
    ['::', '::1', '::ffff:127.0.0.1', '2001:db8::beef'],
  );
});

test('parseListeners() takes an empty table', () => {
  assert.deepEqual(parseListeners(''), []);
});
