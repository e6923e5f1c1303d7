import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../kit/eventually.ts';
import { answer, bodyOf, field, get, ProxyLab, statusOf } from '../kit/proxy-lab.ts';

const POST =
  'POST / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi';

test('nobody listens: 502 without an address in it', async () => {
  await using lab = await ProxyLab.start();
  const origin = await lab.origin(() => {});
  origin.kill();
  const text = await lab.ask(get());
  assert.equal(statusOf(text), 502);
  assert.equal(field(text, 'X-Cf-RouterError'), 'endpoint_failure (connection refused)');
  assert.equal(
    bodyOf(text),
    '502 Bad Gateway: Registered endpoint failed to handle the request.\n',
  );
  assert.doesNotMatch(text, /127\.0\.0\.1/);
  const record = await lab.record();
  assert.equal(record.failedAttempts, 1);
  assert.equal(record.status, 502);
});

test('a refused dial is retried elsewhere, with its body', async () => {
  await using lab = await ProxyLab.start();
  const dead = await lab.origin(() => {});
  const live = await lab.origin((socket, _head, body) => socket.write(answer(`got ${body}`)));
  dead.kill();
  for (let i = 0; i < 4; i++) assert.equal(bodyOf(await lab.ask(POST)), 'got hi');
  assert.equal(live.heads.length, 4);
  assert.equal(lab.proxy.counters.endpointFailures, 1, 'marked failed after the first');
});

test('a connection closed before the answer: a GET goes elsewhere, a POST is 502', async () => {
  await using lab = await ProxyLab.start();
  const closing = await lab.origin(socket => socket.end());
  const fine = await lab.origin(socket => socket.write(answer('ok')));
  const statuses: number[] = [];
  for (let i = 0; i < 4; i++) statuses.push(statusOf(await lab.ask(get())));
  assert.deepEqual(statuses, [200, 200, 200, 200]);
  assert.ok(closing.heads.length > 0 && fine.heads.length >= 4);
  const posts = [statusOf(await lab.ask(POST)), statusOf(await lab.ask(POST))].sort();
  assert.deepEqual(posts, [200, 502]);
});

test('an Idempotency-Key makes a POST without a body repeatable', async () => {
  await using lab = await ProxyLab.start();
  await lab.origin(socket => socket.resetAndDestroy());
  await lab.origin(socket => socket.write(answer('ok')));
  const request =
    'POST / HTTP/1.1\r\nHost: app.test\r\nIdempotency-Key: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
  for (let i = 0; i < 3; i++) assert.equal(statusOf(await lab.ask(request)), 200);
});

test('no more than three endpoints are tried', async () => {
  await using lab = await ProxyLab.start();
  const origins = [];
  for (let i = 0; i < 5; i++) origins.push(await lab.origin(socket => socket.end()));
  assert.equal(statusOf(await lab.ask(get())), 502);
  assert.equal(
    origins.reduce((sum, origin) => sum + origin.heads.length, 0),
    3,
  );
});

test('an origin that never answers: 502 after the response timeout, not retried', async () => {
  await using lab = await ProxyLab.start({ responseTimeoutMs: 100 });
  const origins = [await lab.origin(() => {}), await lab.origin(() => {})];
  const text = await lab.ask(get());
  assert.equal(field(text, 'X-Cf-RouterError'), 'endpoint_failure (no response in time)');
  assert.equal(
    origins.reduce((sum, origin) => sum + origin.heads.length, 0),
    1,
  );
});

test('an origin that is slow but alive is waited for', async () => {
  await using lab = await ProxyLab.start({ responseTimeoutMs: 400, bodyIdleTimeoutMs: 400 });
  await lab.origin(socket => {
    const bytes = answer('0123456789');
    let sent = 0;
    const timer = setInterval(() => {
      socket.write(bytes.slice(sent, sent + 10));
      sent += 10;
      if (sent >= bytes.length) clearInterval(timer);
    }, 50);
  });
  assert.equal(bodyOf(await lab.ask(get())), '0123456789');
});

test('a body that stalls is cut off, and the client can tell', async () => {
  await using lab = await ProxyLab.start({ bodyIdleTimeoutMs: 100 });
  await lab.origin(socket => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
  });
  const text = await lab.ask(get());
  assert.equal(statusOf(text), 200);
  assert.match(text, /5\r\nhello\r\n$/, 'no last chunk');
  assert.match((await lab.record()).routerError, /^endpoint_failure/);
});

for (const [what, bytes] of [
  ['a body shorter than its length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello'],
  [
    'a chunked body without its end',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello',
  ],
] as const) {
  test(`${what} stays visibly cut`, async () => {
    await using lab = await ProxyLab.start();
    await lab.origin(socket => socket.end(bytes));
    const text = await lab.ask(get());
    assert.match(text, /hello/);
    assert.doesNotMatch(text, /\r\n0\r\n/);
    assert.equal(lab.proxy.counters.truncatedResponses, 1);
    const record = await lab.record();
    assert.equal(record.status, 200);
    assert.equal(record.responseBodyBytes, 5);
    assert.equal(record.routerError, 'endpoint_failure (connection closed before the response)');
  });
}

test('a cut close-delimited answer reaches an HTTP/1.0 client as a reset', async () => {
  await using lab = await ProxyLab.start();
  await lab.origin(socket => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
    setTimeout(() => socket.resetAndDestroy(), 50);
  });
  const client = lab.client();
  client.send('GET / HTTP/1.0\r\nHost: app.test\r\n\r\n');
  await client.closed();
  assert.equal(client.error?.code, 'ECONNRESET');
});

test('a body that ends with the connection arrives whole, in chunks', async () => {
  await using lab = await ProxyLab.start();
  await lab.origin(socket => socket.end('HTTP/1.0 200 OK\r\n\r\nall of it'));
  const text = await lab.ask(get());
  assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
  assert.equal(field(text, 'Transfer-Encoding'), 'chunked');
  assert.match(text, /\r\n\r\n9\r\nall of it\r\n0\r\n\r\n$/);
});

for (const [what, bytes] of [
  ['no HTTP', 'SSH-2.0-OpenSSH\r\n'],
  ['both framings', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['bare LF', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
  ['an upgrade nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
  ['interim answers without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(100)],
] as const) {
  test(`an answer that is ${what}: 502`, async () => {
    await using lab = await ProxyLab.start();
    await lab.origin(socket => socket.write(bytes));
    const text = await lab.ask(get());
    assert.match(text, /HTTP\/1\.1 502 Bad Gateway\r\n/);
  });
}

test('bytes behind an answer never become the next answer', async () => {
  await using lab = await ProxyLab.start();
  const origin = await lab.origin(socket => {
    socket.write(`${answer('one')}${answer('poison')}`);
  });
  const client = lab.client();
  client.send(get('/1', ''));
  await client.sees('one');
  client.send(get('/2', ''));
  await eventually(() => client.text.match(/one/g)?.length === 2);
  assert.doesNotMatch(client.text, /poison/);
  assert.equal(origin.connections, 2);
});

test('bytes on an idle connection close it', async () => {
  await using lab = await ProxyLab.start();
  const origin = await lab.origin(socket => {
    socket.write(answer('one'));
    setTimeout(() => socket.write(answer('poison')), 20);
  });
  assert.equal(bodyOf(await lab.ask(get())), 'one');
  await eventually(() => lab.proxy.counters.endpointConnections === 0);
  assert.equal(bodyOf(await lab.ask(get())), 'one');
  assert.equal(origin.connections, 2);
});

test('interim answers are passed on', async () => {
  await using lab = await ProxyLab.start();
  await lab.origin(socket => {
    socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n');
    setTimeout(() => socket.write(answer('done')), 20);
  });
  const text = await lab.ask(get());
  assert.match(
    text,
    /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>\r\n\r\nHTTP\/1\.1 200 OK\r\n/,
  );
});

test('HEAD, 204 and 304 have no body, whatever their fields say', async () => {
  await using lab = await ProxyLab.start();
  await lab.origin((socket, head) => {
    if (head.startsWith('HEAD')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n');
    else if (head.includes('/204')) socket.write('HTTP/1.1 204 No Content\r\n\r\n');
    else socket.write('HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n');
  });
  const client = lab.client();
  client.send(`HEAD / HTTP/1.1\r\nHost: app.test\r\n\r\n${get('/204', '')}${get('/304')}`);
  await client.closed();
  assert.deepEqual(client.text.match(/HTTP\/1\.1 \d+/g), [
    'HTTP/1.1 200',
    'HTTP/1.1 204',
    'HTTP/1.1 304',
  ]);
  assert.equal(lab.proxy.counters.dials, 1, 'one connection served all three');
});

test('an answer to the start of an upload ends it', async () => {
  await using lab = await ProxyLab.start();
  await lab.origin(socket => {
    socket.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig');
  });
  const client = lab.client();
  client.send('POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 1000000\r\n\r\nxxx');
  await client.sees('big');
  assert.equal(statusOf(client.text), 413);
  assert.equal(field(client.text, 'Connection'), 'close');
  client.send('x'.repeat(100_000));
  await client.closed();
  assert.equal(client.error, undefined, 'the rest of the upload is thrown away, not reset');
});
