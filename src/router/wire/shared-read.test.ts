import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { readInto } from './shared-read.ts';

test('readInto works with the pinned Node: bytes, pause, resume and end', async () => {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = (await once(server, 'connection')) as [Socket];
  const buffer = Buffer.alloc(1024);
  let received = '';
  const isShared = readInto(socket, buffer, size => {
    received += buffer.toString('latin1', 0, size);
    return true;
  });
  assert.equal(isShared, true);
  client.write('one');
  const receives = async (text: string): Promise<void> => {
    while (received !== text) await new Promise(setImmediate);
  };
  await receives('one');
  socket.pause();
  client.write('two');
  await new Promise(resolve => setTimeout(resolve, 30));
  assert.equal(received, 'one');
  socket.resume();
  await receives('onetwo');
  client.end();
  await once(socket, 'end');
  socket.end();
  server.close();
  await once(server, 'close');
});
