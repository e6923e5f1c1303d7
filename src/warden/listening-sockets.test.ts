import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { listeningSockets, parseSocketTable } from './listening-sockets.ts';

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

test('parseSocketTable finds what listens on IPv4, not what is connected', () => {
  assert.deepEqual(parseSocketTable(TCP), [
    { address: '127.0.0.1', port: 8080, inode: 5151 },
    { address: '0.0.0.0', port: 80, inode: 5152 },
  ]);
});

test('parseSocketTable writes IPv6 addresses in their shortest form', () => {
  assert.deepEqual(
    parseSocketTable(TCP6).map(socket => socket.address),
    ['::', '::1', '::ffff:127.0.0.1', '2001:db8::beef'],
  );
});

test('parseSocketTable takes an empty table', () => {
  assert.deepEqual(parseSocketTable(''), []);
});

test('listeningSockets sees the sockets of a process', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const found = (await listeningSockets(process.pid)).filter(socket => socket.port === port);
  server.close();
  assert.deepEqual(
    found.map(socket => socket.address),
    ['127.0.0.1'],
  );
});

test('listeningSockets of a process that has ended is empty', async () => {
  assert.deepEqual(await listeningSockets(2 ** 22 + 1), []);
});
