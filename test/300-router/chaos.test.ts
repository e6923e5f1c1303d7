import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../kit/eventually.ts';
import { answer, ProxyLab, type RawClient } from '../kit/proxy-lab.ts';
import { Random } from '../kit/random.ts';

const TIME_MS = 2_500;

const ANSWERS: readonly ((socket: Socket, random: Random) => void)[] = [
  socket => socket.write(answer('fine')),
  socket => socket.write(answer('x'.repeat(300_000))),
  socket =>
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'),
  socket => socket.end('HTTP/1.0 200 OK\r\n\r\nuntil the end'),
  socket => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort'),
  socket => socket.write('HTTP/1.1 200 OK\nbad\n\n'),
  socket => socket.write('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n'),
  socket => socket.write(`${answer('')}excess`),
  socket => void setTimeout(() => socket.write(answer('late')), 30),
  socket => socket.end(),
  socket => void socket.resetAndDestroy(),
  () => {},
  socket =>
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    ),
];

const H = 'HTTP/1.1\r\nHost: app.test\r\n';
const REQUESTS: readonly string[] = [
  `GET / ${H}\r\n`,
  `GET / ${H}\r\n`.repeat(5),
  `HEAD / ${H}\r\n`,
  `POST / ${H}Content-Length: 5\r\n\r\nhello`,
  `POST / ${H}Content-Length: 50000\r\n\r\n${'y'.repeat(50_000)}`,
  `POST / ${H}Content-Length: 50000\r\n\r\npart`,
  `POST / ${H}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n`,
  `POST / ${H}Transfer-Encoding: chunked\r\n\r\n5\r\nhel`,
  `POST / ${H}Transfer-Encoding: chunked\r\n\r\nnonsense`,
  `GET / ${H}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly`,
  'GET / HTTP/1.0\r\nHost: app.test\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: nobody.test\r\n\r\n',
  'nonsense\r\n\r\n',
  `GET / ${H}X: unfinished`,
];

function leave(client: RawClient, random: Random): void {
  const how = random.below(4);
  if (how === 0) client.socket.end();
  else if (how === 1) client.socket.destroy();
  else if (how === 2) client.socket.resetAndDestroy();
}

test('chaos on both sides: one record per request, and nothing is left behind', async () => {
  const seed = Date.now() % 100_000;
  const random = new Random(seed);
  await using lab = await ProxyLab.start({
    responseTimeoutMs: 150,
    bodyIdleTimeoutMs: 150,
    clientIdleTimeoutMs: 200,
    clientStallTimeoutMs: 200,
    readHeaderTimeoutMs: 100,
    halfCloseGraceMs: 50,
    endpointIdleTimeoutMs: 100,
  });
  for (let i = 0; i < 4; i++) await lab.origin(socket => random.pick(ANSWERS)(socket, random));
  const clients: RawClient[] = [];
  const client = async (): Promise<void> => {
    const endMs = performance.now() + TIME_MS;
    while (performance.now() < endMs) {
      const connection = lab.client();
      clients.push(connection);
      connection.send(random.pick(REQUESTS));
      if (random.chance(0.3)) connection.send(random.pick(REQUESTS));
      await delay(random.below(40));
      leave(connection, random);
      await delay(random.below(20));
      if (random.chance(0.5)) connection.socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: 24 }, client));
  const { counters } = lab.proxy;
  // Whoever only waits is timed out; WebSockets live until somebody closes them.
  await eventually(() => counters.clientConnections === counters.tunnels, 10_000);
  for (const connection of clients) connection.socket.destroy();
  await eventually(() => counters.clientConnections === 0);
  await eventually(() => counters.endpointConnections === 0);
  const told = `seed ${seed}`;
  assert.equal(counters.tunnels, 0, told);
  assert.equal(lab.records.length, counters.requests, told);
  assert.ok(counters.requests > 500, `${counters.requests} requests`);
  const pool = lab.table.lookup('app.test', '/');
  for (const endpoint of pool?.endpoints ?? []) assert.equal(endpoint.inFlight, 0, told);
  for (const record of lab.records) assert.ok(record.status > 0 && record.totalMs >= 0, told);
});
