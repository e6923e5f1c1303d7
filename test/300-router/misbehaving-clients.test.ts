import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../kit/eventually.ts';
import { answer, bodyOf, field, get, ProxyLab, statusOf } from '../kit/proxy-lab.ts';

const HEAD = 'POST / HTTP/1.1\r\nHost: app.test\r\n';
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: app.test\r\n\r\n';

const SMUGGLING: Readonly<Record<string, string>> = {
  'CL.TE': `${HEAD}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  'TE.CL': `${HEAD}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n${SMUGGLED}`,
  'TE.TE': `${HEAD}Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  'two lengths': `${HEAD}Content-Length: 0\r\nContent-Length: 44\r\n\r\n${SMUGGLED}`,
  'length list': `${HEAD}Content-Length: 0, 44\r\n\r\n${SMUGGLED}`,
  'length with sign': `${HEAD}Content-Length: +0\r\n\r\n${SMUGGLED}`,
  'space before colon': `${HEAD}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  'folded coding': `${HEAD}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  'hidden by bare LF': `${HEAD}X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  'hidden by bare CR': `${HEAD}X: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  'hidden by NUL': `${HEAD}Transfer-Encoding: chunked\0\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  'vertical tab': `${HEAD}Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  'quoted coding': `${HEAD}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  'two hosts': `${HEAD}Host: other.test\r\n\r\n${SMUGGLED}`,
  'coding in HTTP/1.0': `POST / HTTP/1.0\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
};

for (const [what, bytes] of Object.entries(SMUGGLING)) {
  test(`smuggling by ${what} is refused and the connection closed`, async () => {
    await using lab = await ProxyLab.start();
    const origin = await lab.origin(socket => socket.write(answer('')));
    const text = await lab.ask(bytes);
    assert.ok(statusOf(text) >= 400, text);
    assert.equal(text.match(/HTTP\/1\.1 \d/g)?.length, 1);
    assert.equal(field(text, 'Connection'), 'close');
    assert.match(field(text, 'X-Cf-RouterError'), /^malformed_request \(\w+\)$/);
    assert.equal(origin.heads.length, 0);
    assert.ok((await lab.record()).status >= 400);
  });
}

test('a chunked body that turns bad cuts the request off', async () => {
  await using lab = await ProxyLab.start();
  const origin = await lab.origin(() => {});
  const text = await lab.ask(
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5x\r\n${SMUGGLED}`,
  );
  assert.equal(statusOf(text), 400);
  await eventually(() => origin.sockets.size === 0);
  assert.ok(origin.heads.length <= 1);
});

test('a head that is too large is 431 in the words of gorouter', async () => {
  const { DEFAULT_LIMITS } = await import('../../src/http1/limits.ts');
  await using lab = await ProxyLab.start({ limits: { ...DEFAULT_LIMITS, maxHeadBytes: 1000 } });
  const text = await lab.ask(get('/', `X: ${'x'.repeat(1000)}\r\n`));
  assert.equal(statusOf(text), 431);
  assert.equal(field(text, 'X-Cf-RouterError'), 'max-request-size-exceeded');
  assert.equal(bodyOf(text), '');
});

test('a head of nearly a MiB passes', async () => {
  await using lab = await ProxyLab.start();
  const origin = await lab.origin(socket => socket.write(answer('ok')));
  const text = await lab.ask(get('/', `Connection: close\r\nX: ${'x'.repeat(1_000_000)}\r\n`));
  assert.equal(statusOf(text), 200);
  assert.ok((origin.heads[0]?.length ?? 0) > 1_000_000);
});

test('a head that drips is read, one that stops gets 408', async () => {
  await using lab = await ProxyLab.start({ readHeaderTimeoutMs: 200 });
  await lab.origin(socket => socket.write(answer('ok')));
  const dripping = lab.client();
  for (const piece of get().match(/[\s\S]{1,9}/g) ?? []) {
    dripping.send(piece);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
  await dripping.closed();
  assert.equal(statusOf(dripping.text), 200);
  const text = await lab.ask('GET / HTTP/1.1\r\nHost: app');
  assert.equal(statusOf(text), 408);
});

test('an idle client is closed after its time, one that asks is not', async () => {
  await using lab = await ProxyLab.start({ clientIdleTimeoutMs: 150 });
  await lab.origin(socket => setTimeout(() => socket.write(answer('ok')), 300));
  const idle = lab.client();
  const asking = lab.client();
  asking.send(get());
  await idle.closed();
  assert.equal(idle.text, '');
  await asking.closed();
  assert.equal(statusOf(asking.text), 200);
});

test('a client that closes its half still gets its answer', async () => {
  await using lab = await ProxyLab.start();
  await lab.origin(socket => setTimeout(() => socket.write(answer('late')), 60));
  const client = lab.client();
  client.socket.end(get('/', ''));
  await client.closed();
  assert.equal(bodyOf(client.text), 'late');
});

test('a client that is gone: 499 in the log, and the endpoint is let go', async () => {
  await using lab = await ProxyLab.start({ halfCloseGraceMs: 100 });
  const origin = await lab.origin(() => {});
  const resetting = lab.client();
  resetting.send(get());
  await eventually(() => origin.heads.length === 1);
  resetting.socket.resetAndDestroy();
  assert.equal((await lab.record(0)).status, 499);
  const closing = lab.client();
  closing.send(get());
  await eventually(() => origin.heads.length === 2);
  closing.socket.destroy();
  assert.equal((await lab.record(1)).status, 499);
  await eventually(() => origin.sockets.size === 0);
  assert.equal(lab.proxy.counters.clientAborts, 2);
});

test('an upload that is broken off never looks complete to the app', async () => {
  await using lab = await ProxyLab.start();
  let received = '';
  const origin = await lab.origin((socket, _head, body) => {
    received = body.toString();
    socket.on('data', bytes => {
      received += bytes;
    });
  });
  const client = lab.client();
  client.send(`${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`);
  await eventually(() => received.includes('hello'));
  client.socket.end();
  await eventually(() => origin.sockets.size === 0);
  assert.doesNotMatch(received, /0\r\n\r\n/);
  assert.equal((await lab.record()).status, 499);
});

test('TLS on the plain port is refused at once', async () => {
  await using lab = await ProxyLab.start();
  const text = await lab.ask('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03');
  assert.equal(statusOf(text), 400);
});

test('Expect: 100-continue passes both ways', async () => {
  await using lab = await ProxyLab.start();
  let isContinued = false;
  const origin = await lab.origin((socket, _head, body) => {
    assert.equal(body.length, 0);
    socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    socket.once('data', bytes => socket.write(answer(`${isContinued} ${bytes}`)));
  });
  const client = lab.client();
  client.send(`${HEAD}Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n`);
  await client.sees('HTTP/1.1 100 Continue\r\n\r\n');
  isContinued = true;
  client.send('hi');
  await client.closed();
  assert.match(client.text, /true hi$/);
  assert.equal(field(origin.heads[0] ?? '', 'Expect'), '100-continue');
});

test('a final answer to Expect: 100-continue ends the request', async () => {
  await using lab = await ProxyLab.start();
  const origin = await lab.origin(socket =>
    socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n'),
  );
  const client = lab.client();
  client.send(`${HEAD}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`);
  await client.closed();
  assert.equal(statusOf(client.text), 401);
  await eventually(() => origin.sockets.size === 0);
});
