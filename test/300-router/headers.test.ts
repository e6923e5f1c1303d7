import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer, bodyOf, field, get, ProxyLab, statusOf } from '../kit/proxy-lab.ts';

const UUID4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('the endpoint gets forwarding and identity headers', async () => {
  await using lab = await ProxyLab.start();
  const origin = await lab.origin(socket => socket.write(answer('hi')));
  const text = await lab.ask(get('/a%2Fb//?x=1;y'));
  const head = origin.heads[0] ?? '';
  assert.match(head, /^GET \/a%2Fb\/\/\?x=1;y HTTP\/1\.1\r\n/);
  assert.equal(field(head, 'Host'), 'app.test');
  assert.equal(field(head, 'X-Forwarded-For'), '127.0.0.1');
  assert.equal(field(head, 'X-Forwarded-Proto'), 'http');
  assert.match(field(head, 'X-Request-Start'), /^\d{13}$/);
  assert.match(field(head, 'X-Vcap-Request-Id'), UUID4);
  assert.equal(field(head, 'X-CF-ApplicationId'), 'app-guid');
  assert.equal(field(head, 'X-CF-InstanceId'), `instance-${origin.port}`);
  assert.equal(field(head, 'X-CF-InstanceIndex'), '0');
  assert.equal(field(head, 'Connection'), '');
  assert.equal(field(head, 'User-Agent'), '', 'nothing is invented');
  assert.equal(field(text, 'X-Vcap-Request-Id'), field(head, 'X-Vcap-Request-Id'));
  assert.match(field(text, 'Date'), /GMT$/);
  assert.equal(bodyOf(text), 'hi');
});

test('what a client claims is appended to, kept or replaced', async () => {
  await using lab = await ProxyLab.start();
  const origin = await lab.origin(socket => socket.write(answer('')));
  await lab.ask(
    get(
      '/',
      'X-Forwarded-For: 1.1.1.1\r\nx-forwarded-for: 2.2.2.2\r\nX-Forwarded-Proto: https\r\n' +
        'X-Request-Start: 42\r\nX-Vcap-Request-Id: mine\r\nX-CF-ApplicationID: mine\r\n' +
        'X-CF-InstanceID: mine\r\nX-CF-InstanceIndex: 9\r\nX-CF-App-Instance: a:1\r\n' +
        'Forwarded: for=3.3.3.3\r\nConnection: close\r\n',
    ),
  );
  const head = origin.heads[0] ?? '';
  assert.equal(field(head, 'X-Forwarded-For'), '1.1.1.1, 2.2.2.2, 127.0.0.1');
  assert.equal(head.match(/^X-Forwarded-For:/gim)?.length, 1);
  assert.equal(field(head, 'X-Forwarded-Proto'), 'https');
  assert.equal(field(head, 'X-Request-Start'), '42');
  assert.equal(field(head, 'Forwarded'), 'for=3.3.3.3');
  assert.equal(field(head, 'X-CF-App-Instance'), '');
  assert.doesNotMatch(head, /: (mine|9)\r/);
  const record = await lab.record();
  assert.equal(record.forwardedFor, '1.1.1.1, 2.2.2.2, 127.0.0.1');
  assert.equal(record.forwardedProto, 'https');
});

test('fields of one hop stop here, in both directions', async () => {
  await using lab = await ProxyLab.start();
  const origin = await lab.origin(socket =>
    socket.write(
      answer('', 'Keep-Alive: timeout=9\r\nConnection: X-Gone\r\nX-Gone: 1\r\nX-Stays: 1\r\n'),
    ),
  );
  const text = await lab.ask(
    get(
      '/',
      'Keep-Alive: 1\r\nProxy-Connection: x\r\nProxy-Authorization: y\r\nUpgrade: h2c\r\n' +
        'HTTP2-Settings: AAA\r\nTE: gzip, trailers\r\nX-Hop: 1\r\nX-Forwarded-For: 1.1.1.1\r\n' +
        'Connection: close, x-hop, Upgrade, HTTP2-Settings, X-Forwarded-For, Host, X-CF-InstanceIndex\r\n',
    ),
  );
  const head = origin.heads[0] ?? '';
  for (const name of [
    'Keep-Alive',
    'Proxy-Connection',
    'Proxy-Authorization',
    'Upgrade',
    'HTTP2-Settings',
    'X-Hop',
  ]) {
    assert.equal(field(head, name), '', name);
  }
  assert.equal(field(head, 'TE'), 'trailers');
  assert.equal(field(head, 'X-Forwarded-For'), '1.1.1.1, 127.0.0.1');
  assert.equal(field(head, 'Host'), 'app.test');
  assert.equal(field(head, 'X-CF-InstanceIndex'), '0');
  assert.equal(field(text, 'Keep-Alive'), '');
  assert.equal(field(text, 'X-Gone'), '');
  assert.equal(field(text, 'X-Stays'), '1');
  assert.equal(field(text, 'Connection'), 'close');
});

test('an absolute-form target selects the route and becomes the Host', async () => {
  await using lab = await ProxyLab.start();
  const origin = await lab.origin(socket => socket.write(answer('')));
  const text = await lab.ask(
    'GET http://APP.test:80/x HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n',
  );
  assert.equal(statusOf(text), 200);
  assert.match(origin.heads[0] ?? '', /^GET http:\/\/APP\.test:80\/x HTTP\/1\.1\r\n/);
  assert.equal(field(origin.heads[0] ?? '', 'Host'), 'APP.test:80');
});

test('an HTTP/1.0 client is answered in HTTP/1.0, without chunks', async () => {
  await using lab = await ProxyLab.start();
  const origin = await lab.origin(socket =>
    socket.write(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
    ),
  );
  const text = await lab.ask('GET / HTTP/1.0\r\nHost: app.test\r\nConnection: keep-alive\r\n\r\n');
  assert.match(text, /^HTTP\/1\.0 200 OK\r\n/);
  assert.equal(field(text, 'Transfer-Encoding'), '');
  assert.equal(field(text, 'Connection'), 'close');
  assert.equal(bodyOf(text), 'abcde');
  assert.match(origin.heads[0] ?? '', /^GET \/ HTTP\/1\.1\r\n/);
});

test('an HTTP/1.0 client may keep its connection when the length is known', async () => {
  await using lab = await ProxyLab.start();
  await lab.origin(socket => socket.write(answer('hi')));
  const client = lab.client();
  client.send('GET / HTTP/1.0\r\nHost: app.test\r\nConnection: keep-alive\r\n\r\n');
  await client.sees('hi');
  assert.equal(field(client.text, 'Connection'), 'keep-alive');
  client.send('GET / HTTP/1.0\r\nHost: app.test\r\n\r\n');
  await client.closed();
  assert.equal(client.text.match(/HTTP\/1\.0 200 OK\r/g)?.length, 2);
});

test('errors of the router carry X-Cf-RouterError in the words of gorouter', async () => {
  await using lab = await ProxyLab.start();
  const unknown = await lab.ask('GET / HTTP/1.1\r\nHost: Nobody.test\r\nConnection: close\r\n\r\n');
  assert.equal(statusOf(unknown), 404);
  assert.equal(field(unknown, 'X-Cf-RouterError'), 'unknown_route');
  assert.equal(field(unknown, 'Cache-Control'), 'no-cache, no-store');
  assert.equal(field(unknown, 'X-Content-Type-Options'), 'nosniff');
  assert.equal(bodyOf(unknown), "404 Not Found: Requested route ('Nobody.test') does not exist.\n");
  const empty = await lab.ask('GET / HTTP/1.0\r\n\r\n');
  assert.equal(statusOf(empty), 400);
  assert.equal(field(empty, 'X-Cf-RouterError'), 'empty_host');
  assert.equal((await lab.record()).routerError, 'unknown_route');
});

test('a route that lost its last endpoint answers 503', async () => {
  await using lab = await ProxyLab.start();
  const origin = await lab.origin(socket => socket.write(answer('')));
  const { registryMessage } = await import('../kit/registry-message.ts');
  lab.table.unregister(
    registryMessage({ host: '127.0.0.1', port: origin.port, uris: ['app.test'] }),
    Date.now(),
  );
  const text = await lab.ask(get());
  assert.equal(statusOf(text), 503);
  assert.equal(field(text, 'X-Cf-RouterError'), 'no_endpoints');
});

test('the answer to the health check of a load balancer comes from the router', async () => {
  let isHealthy = true;
  await using lab = await ProxyLab.start({
    healthCheckUserAgent: 'HTTP-Monitor/1.1',
    isHealthy: () => isHealthy,
  });
  const request = 'GET / HTTP/1.0\r\nUser-Agent: HTTP-Monitor/1.1\r\n\r\n';
  const healthy = await lab.ask(request);
  assert.equal(statusOf(healthy), 200);
  assert.equal(bodyOf(healthy), 'ok\n');
  isHealthy = false;
  assert.equal(statusOf(await lab.ask(request)), 503);
});

test('the access record says who, what, where and how long', async () => {
  await using lab = await ProxyLab.start();
  const origin = await lab.origin(socket => socket.write(answer('hello')));
  const before = Date.now();
  await lab.ask(get('/p?q', 'User-Agent: t/1\r\nReferer: r\r\nConnection: close\r\n'));
  const record = await lab.record();
  assert.equal(record.host, 'app.test');
  assert.equal(record.method, 'GET');
  assert.equal(record.target, '/p?q');
  assert.equal(record.protocol, 'HTTP/1.1');
  assert.equal(record.status, 200);
  assert.equal(record.responseBodyBytes, 5);
  assert.equal(record.userAgent, 't/1');
  assert.equal(record.referer, 'r');
  assert.match(record.remoteAddress, /^127\.0\.0\.1:\d+$/);
  assert.equal(record.endpointAddress, `127.0.0.1:${origin.port}`);
  assert.equal(record.appGuid, 'app-guid');
  assert.equal(record.listenPort, lab.port);
  assert.ok(record.localPort > 0);
  assert.ok(record.startedEpochMs >= before && record.startedEpochMs <= Date.now());
  assert.ok(record.dialMs >= 0 && record.firstByteMs >= record.dialMs);
  assert.ok(record.totalMs >= record.endpointMs && record.endpointMs >= record.firstByteMs);
});
