import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { type MarkedRequest, type RequestResult, sendMarked } from './marked-request.ts';
import { reservePort, sourceAddress } from './reserve-port.ts';

interface Origin extends AsyncDisposable {
  readonly port: number;
  readonly server: Server;
}

async function origin(serve: (socket: Socket, request: string) => void): Promise<Origin> {
  const sockets = new Set<Socket>();
  const server = createServer(socket => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', data => serve(socket, data.toString()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    server,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

async function send(
  port: number,
  options: Partial<MarkedRequest> = {},
): Promise<RequestResult & { readonly localPort: number }> {
  const destination = { host: '127.0.0.1', port };
  const host = await sourceAddress(destination);
  const localPort = await reservePort(host);
  const result = await sendMarked({
    trace: 'a'.repeat(32),
    flow: { source: { host, port: localPort }, destination },
    method: 'GET',
    target: '/cart?token=1',
    hostHeader: 'shop.example.test',
    headers: [],
    body: undefined,
    timeoutMs: 1_000,
    signal: new AbortController().signal,
    ...options,
  });
  return { ...result, localPort };
}

const OK = 'HTTP/1.1 200 OK\r\nX-Vcap-Request-Id: abc\r\nContent-Length: 2\r\n\r\nhi';

describe('sendMarked()', () => {
  test('sends one marked request from the port that was announced', async () => {
    let seen = { request: '', port: 0 };
    await using server = await origin((socket, request) => {
      seen = { request, port: socket.remotePort ?? 0 };
      socket.end(OK);
    });
    const { localPort, timings, ...result } = await send(server.port, {
      method: 'POST',
      body: 'hé',
      headers: [['User-Agent', 'mine']],
    });
    assert.deepEqual(result, { outcome: 'answered', status: 200, requestId: 'abc' });
    assert.equal(seen.port, localPort);
    assert.match(seen.request, /^POST \/cart\?token=1 HTTP\/1\.1\r\nHost: shop\.example\.test\r\n/);
    assert.match(seen.request, new RegExp(`\r\nx-sprue-trace: ${'a'.repeat(32)}\r\n`));
    assert.match(seen.request, /\r\nContent-Length: 3\r\n[\s\S]*\r\n\r\nhé$/);
    assert.match(seen.request, /\r\nUser-Agent: mine\r\n/);
    assert.doesNotMatch(seen.request, /sprue-trace\r\n/, 'a header of the user replaces ours');
    const { connectedMs = -1, sentMs = -1, firstByteMs = -1, endMs } = timings;
    assert.ok(0 <= connectedMs && connectedMs <= sentMs);
    assert.ok(sentMs <= firstByteMs && firstByteMs <= endMs);
  });

  test('tells how a request failed', async () => {
    await using cutter = await origin(socket => socket.destroy());
    assert.equal((await send(cutter.port)).outcome, 'cut');
    await using mute = await origin(() => {});
    assert.equal((await send(mute.port, { timeoutMs: 100 })).outcome, 'no-answer');
    const { port } = mute;
    await mute[Symbol.asyncDispose]();
    assert.equal((await send(port)).outcome, 'connect-refused');
  });

  test('an answer that never ends counts, and does not hold us', async () => {
    await using server = await origin(socket => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const timer = setInterval(() => socket.write('x'), 20);
      socket.on('close', () => clearInterval(timer));
    });
    const { outcome, status } = await send(server.port, { timeoutMs: 150 });
    assert.deepEqual([outcome, status], ['answered', 200]);
  });

  test('ends at once when aborted', async () => {
    await using mute = await origin(() => {});
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    await assert.rejects(send(mute.port, { signal: abort.signal, timeoutMs: 5_000 }), /abort/i);
  });
});
