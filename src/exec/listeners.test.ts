import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import {
  describeSocketOwner,
  listTcpListeners,
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

test('parseListeners() reads the kernel’s little-endian addresses', () => {
  const table = `  sl  local_address rem_address   st …
   0: 0100007F:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1
   1: B80D0120000000000000000001000000:0035 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4712 1
   2: 0100007F:1F90 00000000:0000 01 00000000:00000000 00:00000000 00000000     0        0 4713 1`;
  assert.deepEqual(parseListeners(table), [
    { address: '127.0.0.1', port: 53, inode: '4711' },
    { address: '2001:0db8:0000:0000:0000:0000:0000:0001', port: 53, inode: '4712' },
  ]);
});
