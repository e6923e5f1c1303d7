import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { after, test } from 'node:test';
import type { HostPort, Ipv4, Port } from '../../core/address.ts';
import { healthCheckSchema } from '../../proto/desired-instance.ts';
import { awaitHealthy, awaitUnhealthy, HEALTH_TIMINGS } from './health-monitor.ts';
import { probe } from './probe.ts';

const servers: Server[] = [];
after(() => servers.forEach(server => void server.close()));

async function listen(server: Server, port = 0): Promise<HostPort> {
  servers.push(server);
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
  return { host: '127.0.0.1' as Ipv4, port: (server.address() as AddressInfo).port as Port };
}

/** A port that nothing listens on. */
async function closedPort(): Promise<HostPort> {
  const server = createServer();
  const address = await listen(server);
  await new Promise(resolve => server.close(resolve));
  return address;
}

const port = healthCheckSchema.parse({ type: 'port', invocationTimeoutSec: 0.2 });
const http = healthCheckSchema.parse({ type: 'http', endpoint: '/up', invocationTimeoutSec: 0.2 });
const timings = { ...HEALTH_TIMINGS, firstIntervalMs: 10, livenessIntervalMs: 10 };
const signal = new AbortController().signal;

test('probe port: open is healthy, closed is refused', async () => {
  assert.deepEqual(await probe(port, await listen(createServer())), { healthy: true });
  const closed = await closedPort();
  const text = `no TCP connection to 127.0.0.1:${closed.port}: connection refused`;
  assert.deepEqual(await probe(port, closed), { healthy: false, text });
});

test('probe http: status decides', async () => {
  let status = 200;
  let asked = '';
  const server = createHttpServer((request, response) => {
    asked = `${request.method} ${request.url}`;
    response.writeHead(status).end('body');
  });
  const target = await listen(server);
  for (const [code, healthy] of [
    [200, true],
    [302, true],
    [399, true],
    [400, false],
    [503, false],
  ] as const) {
    status = code;
    assert.equal((await probe(http, target)).healthy, healthy, `status ${code}`);
  }
  assert.equal(asked, 'GET /up');
});

test('probe http: a path with anything in it is asked for, encoded once', async () => {
  let asked = '';
  const target = await listen(
    createHttpServer((request, response) => {
      asked = request.url ?? '';
      response.end();
    }),
  );
  for (const [endpoint, expected] of [
    ['/a b?c=ü', '/a%20b?c=%C3%BC'],
    ['/a%20b', '/a%20b'],
    ['/100%', '/100%25'],
    ['/a\r\nX: y', '/a%0D%0AX:%20y'],
  ] as const) {
    assert.deepEqual(await probe({ ...http, endpoint }, target), { healthy: true });
    assert.equal(asked, expected);
  }
});

test('probe http: a silent server times out', async () => {
  const result = await probe(http, await listen(createServer()));
  assert.match(result.healthy ? '' : result.text, /^GET \/up on .* was not answered: timed out$/);
});

test('probe process: always healthy', async () => {
  const check = healthCheckSchema.parse({ type: 'process' });
  assert.deepEqual(await probe(check, await closedPort()), { healthy: true });
});

test('awaitHealthy: resolves once the port opens', async () => {
  const target = await closedPort();
  setTimeout(() => void listen(createServer(), target.port), 60);
  assert.equal(await awaitHealthy({ check: port, target, timings, signal }), undefined);
});

test('awaitHealthy: says what the probes said when the time is up', async () => {
  const check = { ...port, startTimeoutSec: 0.2 };
  let looks = 0;
  const onFailedProbe = async () => void looks++;
  const reason = await awaitHealthy({
    check,
    target: await closedPort(),
    timings,
    signal,
    onFailedProbe,
  });
  assert.match(
    reason ?? '',
    /^not healthy within 0.2 s \(\d+ probes; after 0.0 s: no TCP connection to .*: connection refused\)$/,
  );
  assert.ok(looks > 3);
});

test('awaitHealthy: an abort ends it', async () => {
  const aborted = AbortSignal.timeout(50);
  const watch = { check: port, target: await closedPort(), timings, signal: aborted };
  await assert.rejects(awaitHealthy(watch));
});

test('awaitUnhealthy: three failures in a row end it, fewer do not', async () => {
  let calls = 0;
  const answers = [200, 500, 500, 200, 500, 500, 500];
  const server = createHttpServer((_request, response) => {
    response.writeHead(answers[calls++] ?? 500).end();
  });
  const target = await listen(server);
  const reason = await awaitUnhealthy({ check: http, target, timings, signal });
  assert.match(reason, /^failed its health check 3 times in a row \(GET \/up .* status 500\)$/);
  assert.equal(calls, 7);
});
