import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { eventually } from '../kit/eventually.ts';
import { answer, bodyOf, field, get, ProxyLab, statusOf } from '../kit/proxy-lab.ts';

/** More than the kernel keeps in the socket buffers of two connections. */
const SIZE = 64 * 2 ** 20;
const PIECE = Buffer.alloc(256 * 1024, 'sprue.');
const MEMORY_BYTES = 24 * 2 ** 20;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Peak growth of the buffers in use in this process while `work` runs. */
async function peakGrowth(work: () => Promise<void>): Promise<number> {
  collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  let peak = 0;
  const timer = setInterval(() => {
    collectGarbage();
    peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
  }, 20);
  await work();
  clearInterval(timer);
  return peak;
}

/** Writes {@link SIZE} bytes as fast as the other side takes them. */
function pour(socket: NodeJS.WritableStream, total = SIZE): void {
  let sent = 0;
  const more = (): void => {
    while (sent < total) {
      sent += PIECE.length;
      if (!socket.write(PIECE)) {
        socket.once('drain', more);
        return;
      }
    }
  };
  more();
}

test('a large answer to a slow client: complete, with bounded memory', async () => {
  await using lab = await ProxyLab.start();
  await lab.origin(socket => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`);
    pour(socket);
  });
  const client = lab.client();
  client.socket.removeAllListeners('data').pause();
  const hash = createHash('sha256');
  let received = 0;
  client.send(get('/', 'Connection: close\r\n'));
  const growth = await peakGrowth(async () => {
    await new Promise(resolve => setTimeout(resolve, 200));
    let head = true;
    client.socket.resume();
    client.socket.on('data', (bytes: Buffer) => {
      const body = head ? bytes.subarray(bytes.indexOf('\r\n\r\n') + 4) : bytes;
      head = false;
      received += body.length;
      hash.update(body);
    });
    await eventually(() => received === SIZE, 10_000);
  });
  const expected = createHash('sha256');
  for (let i = 0; i < SIZE / PIECE.length; i++) expected.update(PIECE);
  assert.equal(hash.digest('hex'), expected.digest('hex'));
  assert.ok(growth < MEMORY_BYTES, `${growth} bytes`);
  assert.equal((await lab.record()).responseBodyBytes, SIZE);
});

test('a large upload to a slow origin: complete, with bounded memory', async () => {
  await using lab = await ProxyLab.start();
  let received = 0;
  await lab.origin((socket, _head, body) => {
    received = body.length;
    socket.pause();
    setTimeout(() => socket.resume(), 200);
    socket.on('data', bytes => {
      received += bytes.length;
      if (received === SIZE) socket.write(answer('thanks'));
    });
  });
  const client = lab.client();
  client.send(
    `POST / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nContent-Length: ${SIZE}\r\n\r\n`,
  );
  const growth = await peakGrowth(async () => {
    pour(client.socket);
    await client.closed();
  });
  assert.equal(received, SIZE);
  assert.equal(bodyOf(client.text), 'thanks');
  assert.ok(growth < MEMORY_BYTES, `${growth} bytes`);
  assert.equal((await lab.record()).requestBodyBytes, SIZE);
});

test('chunks and trailers pass in both directions', async () => {
  await using lab = await ProxyLab.start();
  let received = '';
  const origin = await lab.origin((socket, _head, body) => {
    received = body.toString();
    const check = (): void => {
      if (!received.endsWith('\r\n\r\n')) return;
      socket.write(
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n' +
          '3;ext=1\r\nabc\r\n0\r\nX-Sum: 7\r\nX-Late: 1\r\n\r\n',
      );
    };
    socket.on('data', bytes => {
      received += bytes;
      check();
    });
    check();
  });
  const text = await lab.ask(
    'POST / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nTrailer: X-Up\r\n' +
      'Transfer-Encoding: chunked\r\n\r\n4;ignored\r\nup-1\r\n2\r\n-2\r\n0\r\nX-Up: yes\r\n\r\n',
  );
  assert.equal(received, '4\r\nup-1\r\n2\r\n-2\r\n0\r\nX-Up: yes\r\n\r\n');
  assert.equal(field(origin.heads[0] ?? '', 'Transfer-Encoding'), 'chunked');
  assert.equal(field(origin.heads[0] ?? '', 'Trailer'), 'X-Up');
  assert.equal(bodyOf(text), '3\r\nabc\r\n0\r\nX-Sum: 7\r\nX-Late: 1\r\n\r\n');
  assert.equal(field(text, 'Trailer'), 'X-Sum');
});

test('pieces of an answer arrive when they are sent, not at the end', async () => {
  await using lab = await ProxyLab.start();
  let finish = (): void => {};
  await lab.origin(socket => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n');
    finish = () => socket.write('3\r\ntwo\r\n0\r\n\r\n');
  });
  const client = lab.client();
  client.send(get());
  await client.sees('one');
  finish();
  await client.closed();
  assert.match(client.text, /3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n$/);
});

test('an upload and its answer flow at the same time', async () => {
  await using lab = await ProxyLab.start();
  await lab.origin((socket, _head, body) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    const echo = (bytes: Buffer): void => {
      socket.write(bytes);
    };
    if (body.length > 0) echo(body);
    socket.on('data', echo);
  });
  const client = lab.client();
  client.send('POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n');
  for (const word of ['one', 'two', 'three']) {
    client.send(`${word.length.toString(16)}\r\n${word}\r\n`);
    await client.sees(word);
  }
  client.send('0\r\n\r\n');
  await client.sees(/0\r\n\r\n$/);
  client.send('GET / HTTP/1.1\r\nHost: nobody.test\r\nConnection: close\r\n\r\n');
  await client.closed();
  assert.equal(statusOf(client.text), 200);
  assert.match(client.text, /unknown_route/, 'the connection serves on');
});
