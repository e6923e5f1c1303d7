import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { eventually } from '../kit/eventually.ts';
import { field, type OriginBehaviour, ProxyLab, statusOf } from '../kit/proxy-lab.ts';

const HANDSHAKE =
  'GET /chat HTTP/1.1\r\nHost: app.test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

/** Accepts the handshake, then sends everything back. */
const echo: OriginBehaviour = (socket, head, early) => {
  const accept = createHash('sha1')
    .update(`${field(head, 'Sec-WebSocket-Key')}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  socket.removeAllListeners('data');
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  if (early.length > 0) socket.write(early);
  socket.on('data', bytes => socket.write(bytes));
};

const HELLO = Buffer.from('810568656c6c6f', 'hex');

test('a handshake opens a tunnel, and the record is written when it closes', async () => {
  await using lab = await ProxyLab.start();
  const origin = await lab.origin(echo);
  const client = lab.client();
  client.send(HANDSHAKE);
  await client.sees(/\r\n\r\n/);
  assert.equal(statusOf(client.text), 101);
  assert.equal(field(client.text, 'Upgrade'), 'websocket');
  assert.equal(field(client.text, 'Connection'), 'Upgrade');
  assert.equal(field(client.text, 'Sec-WebSocket-Accept'), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  assert.equal(field(origin.heads[0] ?? '', 'Upgrade'), 'websocket');
  assert.equal(field(origin.heads[0] ?? '', 'Connection'), 'Upgrade');
  client.text = '';
  client.send(HELLO);
  await client.sees('hello');
  assert.equal(lab.records.length, 0);
  assert.equal(lab.proxy.counters.tunnels, 1);
  client.socket.end();
  await client.closed();
  const record = await lab.record();
  assert.equal(record.status, 101);
  assert.equal(record.requestBodyBytes, 7);
  assert.equal(record.responseBodyBytes, 7);
  await eventually(() => origin.sockets.size === 0 && lab.proxy.counters.tunnels === 0);
});

test('bytes sent right behind the handshake are not lost', async () => {
  await using lab = await ProxyLab.start();
  await lab.origin(echo);
  const client = lab.client();
  client.send(Buffer.concat([Buffer.from(HANDSHAKE), HELLO]));
  await client.sees('hello');
});

test('a large stream through a tunnel arrives whole', async () => {
  await using lab = await ProxyLab.start();
  await lab.origin(echo);
  const client = lab.client();
  client.send(HANDSHAKE);
  await client.sees(/\r\n\r\n/);
  client.socket.removeAllListeners('data');
  let received = 0;
  client.socket.on('data', (bytes: Buffer) => {
    received += bytes.length;
  });
  const size = 8 * 2 ** 20;
  client.socket.write(Buffer.alloc(size, 7));
  await eventually(() => received === size);
});

test('an app that refuses the upgrade answers as usual', async () => {
  await using lab = await ProxyLab.start();
  await lab.origin(socket => socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'));
  const client = lab.client();
  client.send(HANDSHAKE);
  await client.sees('no');
  assert.equal(statusOf(client.text), 403);
});

test('a switch to something else than was asked for is 502', async () => {
  await using lab = await ProxyLab.start();
  await lab.origin(socket =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n'),
  );
  const client = lab.client();
  client.send(HANDSHAKE);
  await client.sees('502 Bad Gateway');
  assert.equal(lab.proxy.counters.websocketFailures, 1);
});

test('the end of the app ends the client', async () => {
  await using lab = await ProxyLab.start();
  const origin = await lab.origin(echo);
  const client = lab.client();
  client.send(HANDSHAKE);
  await client.sees(/\r\n\r\n/);
  for (const socket of origin.sockets) socket.end();
  await client.closed();
  assert.equal((await lab.record()).status, 101);
});

test('when the router stops, both sides are told 1001 between two frames', async () => {
  await using lab = await ProxyLab.start();
  let received = Buffer.alloc(0);
  await lab.origin((socket, head, early) => {
    echo(socket, head, early);
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
    });
  });
  const client = lab.client();
  client.send(HANDSHAKE);
  await client.sees(/\r\n\r\n/);
  client.send(HELLO);
  await client.sees('hello');
  await lab.proxy.drain(50);
  assert.ok(client.text.endsWith('\x88\x02\x03\xe9'));
  await eventually(() => received.toString('hex').endsWith('88820000000003e9'));
});

test('nothing is put into the middle of a frame', async () => {
  await using lab = await ProxyLab.start();
  await lab.origin(echo);
  const client = lab.client();
  client.send(HANDSHAKE);
  await client.sees(/\r\n\r\n/);
  client.send(HELLO.subarray(0, 4));
  await client.sees(/he$/);
  await lab.proxy.drain(50);
  assert.match(client.text, /he$/);
});
