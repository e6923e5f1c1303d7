import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Bus } from '../../src/bus/bus.ts';
import { silentLog } from '../../src/core/log.ts';
import { SUBJECTS } from '../../src/proto/subjects.ts';
import {
  observationSchema,
  type RouterObservation,
  type TraceArmed,
  type TraceStart,
  traceArmedSchema,
} from '../../src/proto/trace.ts';
import { MAX_ARMED_TRACES } from '../../src/proto/trace-limits.ts';
import { eventually } from '../kit/eventually.ts';
import { type NatsServer, startNatsServer } from '../kit/nats-server.ts';
import { type RouterProcess, startRouterProcess } from '../kit/router-process.ts';

const APP = 'c3d5ac1e-6a35-4f0e-9d38-5d0d4d9e6b11';
const DEAD_PORT = 1; // tcpmux: nothing listens

let nats: NatsServer;
let bus: Bus;
let router: RouterProcess;
let app: Server;
const heads: string[] = [];
/** Far ends of the connections that the app accepted: the router's own ends. */
const peers: string[] = [];
const open = new Set<Socket>();
const armed: TraceArmed[] = [];
const records: RouterObservation[] = [];

before(async () => {
  nats = await startNatsServer();
  bus = await Bus.connect({ servers: [nats.url], name: 'test', log: silentLog });
  app = createServer(socket => {
    open.add(socket);
    peers.push(`${socket.remoteAddress}:${socket.remotePort}`);
    socket.on('error', () => {}).on('close', () => open.delete(socket));
    socket.on('data', bytes => {
      const head = bytes.toString('latin1');
      heads.push(head);
      if (head.startsWith('GET /silent')) return;
      if (head.startsWith('GET /half')) {
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
        return;
      }
      if (head.startsWith('GET /hang-up')) return void socket.end();
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
  }).listen(0, '127.0.0.1');
  await eventually(() => app.listening);
  bus.subscribe(SUBJECTS.routerStart, register);
  bus.subscribe(SUBJECTS.traceArmed, message => armed.push(traceArmedSchema.parse(message.json())));
  bus.subscribe(SUBJECTS.traceObservation, message => {
    const observation = observationSchema.parse(message.json());
    assert.equal(observation.source, 'router');
    records.push(observation as RouterObservation);
  });
  await bus.flush();
  router = await startRouterProcess(nats.url);
});
after(async () => {
  await router[Symbol.asyncDispose]();
  for (const socket of open) socket.destroy();
  app.close();
  await bus.close();
  await nats.stop();
});

function appPort(): number {
  return (app.address() as AddressInfo).port;
}

function register(): void {
  const endpoint = (port: number, index: string, uris: string[]) =>
    bus.publish(SUBJECTS.routerRegister, {
      host: '127.0.0.1',
      port,
      uris,
      app: APP,
      private_instance_id: `i-${port}`,
      private_instance_index: index,
    });
  endpoint(appPort(), '0', ['app.test', '*.wild.test', 'mixed.test']);
  endpoint(DEAD_PORT, '1', ['mixed.test', 'dead.test']);
}

async function arm(forMs = 10_000): Promise<string> {
  const id = randomBytes(16).toString('hex');
  const flow = {
    source: { host: '127.0.0.1', port: 1 },
    destination: { host: '127.0.0.1', port: 80 },
  };
  const start: TraceStart = {
    ...{ id, forMs, flow, host: 'app.test', path: '/', appGuids: [], figures: false },
  };
  bus.publish(SUBJECTS.traceStart, start);
  await eventually(() => armed.some(({ trace }) => trace === id));
  return id;
}

interface Asked {
  readonly status: number;
  readonly requestId: string;
  readonly localPort: number;
}

/** One request over a connection of its own. */
async function ask(host: string, mark: string, path = '/'): Promise<Asked> {
  const socket = connect(router.ready.port, '127.0.0.1');
  let text = '';
  let localPort = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on('connect', () => {
    localPort = socket.localPort ?? 0;
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nX-Sprue-Trace: ${mark}\r\nConnection: close\r\n\r\n`,
    );
  });
  socket.on('data', bytes => {
    text += bytes.toString('latin1');
  });
  socket.on('error', () => {}).on('close', () => resolve());
  await promise;
  const requestId = /x-vcap-request-id: (\S+)/i.exec(text)?.[1] ?? '';
  return { status: Number(text.split(' ')[1]), requestId, localPort };
}

async function recordOf(id: string): Promise<RouterObservation> {
  await eventually(() => records.some(({ trace }) => trace === id));
  const found = records.filter(({ trace }) => trace === id);
  assert.equal(found.length, 1, 'one record');
  return found[0] as RouterObservation;
}

describe('a marked request', () => {
  test('is told of with the real addresses of both connections', async () => {
    const id = await arm();
    const { status, requestId, localPort } = await ask('app.test', id);
    assert.equal(status, 200);
    const record = await recordOf(id);
    assert.equal(record.agent, router.ready.id);
    assert.equal(record.requestId, requestId);
    assert.deepEqual(record.client, {
      source: { host: '127.0.0.1', port: localPort },
      destination: { host: '127.0.0.1', port: router.ready.port },
    });
    assert.deepEqual(record.route, {
      ...{ uri: 'app.test', isWildcard: false, poolSize: 1 },
      ...{ balancing: 'round-robin', maxAttempts: 3 },
    });
    const [attempt, ...others] = record.attempts;
    assert.deepEqual(others, []);
    assert.deepEqual(attempt?.endpoint, { host: '127.0.0.1', port: appPort() });
    assert.equal(`${attempt?.local?.host}:${attempt?.local?.port}`, peers.at(-1));
    assert.deepEqual(
      [attempt?.outcome, attempt?.appGuid, attempt?.index, attempt?.reused],
      ['answered', APP, 0, false],
    );
    assert.ok((attempt?.connectMs ?? -1) >= 0 && (attempt?.firstByteMs ?? -1) >= 0);
    assert.ok(
      !heads.at(-1)?.toLowerCase().includes('x-sprue-trace'),
      'the app never sees the mark',
    );
  });

  test('on a kept connection: says so, and since when', async () => {
    await ask('app.test', await arm());
    const peer = peers.at(-1);
    await delay(30);
    const id = await arm();
    await ask('app.test', id);
    const [attempt] = (await recordOf(id)).attempts;
    assert.equal(attempt?.reused, true);
    assert.equal(`${attempt?.local?.host}:${attempt?.local?.port}`, peer);
    assert.ok((attempt?.requestsBefore ?? 0) >= 1);
    assert.ok((attempt?.openedMsAgo ?? 0) >= 30);
    assert.equal(attempt?.connectMs, undefined);
  });

  test('a wildcard route is named as registered', async () => {
    const id = await arm();
    await ask('any.wild.test', id);
    assert.deepEqual((await recordOf(id)).route?.uri, '*.wild.test');
    assert.equal((await recordOf(id)).route?.isWildcard, true);
  });

  test('every attempt is told of, a refused one with the port that it was made from', async () => {
    let record: RouterObservation | undefined;
    for (let i = 0; i < 4 && (record?.attempts.length ?? 0) < 2; i++) {
      const id = await arm();
      assert.equal((await ask('mixed.test', id)).status, 200);
      record = await recordOf(id);
      register();
    }
    assert.equal(record?.attempts.length, 2);
    const [refused, answered] = record?.attempts ?? [];
    assert.deepEqual([refused?.n, refused?.outcome, refused?.index], [1, 'dial_refused', 1]);
    assert.equal(refused?.local?.host, '127.0.0.1');
    assert.ok((refused?.local?.port ?? 0) > 1024);
    assert.deepEqual([answered?.n, answered?.outcome, answered?.index], [2, 'answered', 0]);
  });

  test('502 without another endpoint, 404 without a route', async () => {
    const dead = await arm();
    assert.equal((await ask('dead.test', dead)).status, 502);
    const record = await recordOf(dead);
    assert.deepEqual([record.status, record.attempts.length], [502, 1]);
    assert.equal(record.routerError, 'endpoint_failure (connection refused)');
    const unknown = await arm();
    assert.equal((await ask('nobody.test', unknown)).status, 404);
    const missing = await recordOf(unknown);
    assert.deepEqual(
      [missing.status, missing.routerError, missing.route, missing.attempts],
      [404, 'unknown_route', undefined, []],
    );
  });

  test('503 when the route has no endpoint left', async () => {
    const gone = { host: '127.0.0.1', port: 2, uris: ['empty.test'], private_instance_id: 'x' };
    bus.publish(SUBJECTS.routerRegister, gone);
    bus.publish(SUBJECTS.routerUnregister, gone);
    const id = await arm();
    assert.equal((await ask('empty.test', id)).status, 503);
    const record = await recordOf(id);
    assert.deepEqual([record.routerError, record.route?.poolSize], ['no_endpoints', 0]);
  });

  test('an app that hangs up, one that breaks off, and a client that goes away', async () => {
    const hungUp = await arm();
    assert.equal((await ask('app.test', hungUp, '/hang-up')).status, 502);
    assert.equal((await recordOf(hungUp)).attempts.at(-1)?.outcome, 'eof');

    const half = await arm();
    await ask('app.test', half, '/half');
    const broken = await recordOf(half);
    assert.equal(broken.attempts.at(-1)?.outcome, 'eof');
    assert.ok(broken.attempts.at(-1)?.firstByteMs !== undefined, 'its answer had begun');

    const left = await arm();
    const socket = connect(router.ready.port, '127.0.0.1');
    const seen = heads.length;
    socket.write(`GET /silent HTTP/1.1\r\nHost: app.test\r\nX-Sprue-Trace: ${left}\r\n\r\n`);
    await eventually(() => heads.length > seen);
    socket.resetAndDestroy();
    const record = await recordOf(left);
    assert.deepEqual([record.status, record.attempts.at(-1)?.outcome], [499, 'abandoned']);
  });

  test('what it was asked for is not in it: no query, no cookie, no referer', async () => {
    const id = await arm();
    await ask('app.test', id, '/?token=hush');
    assert.ok(!JSON.stringify(await recordOf(id)).includes('hush'));
  });

  test('is nothing special unless its mark is waited for; the app does not see the mark either', async () => {
    const over = await arm();
    bus.publish(SUBJECTS.traceStop, { id: over });
    await bus.flush();
    await delay(50);
    const late = await arm(20);
    await delay(60);
    const before = records.length;
    for (const mark of [over, late, 'f'.repeat(32), 'nonsense', '']) {
      assert.equal((await ask('app.test', mark)).status, 200);
      assert.ok(!heads.at(-1)?.toLowerCase().includes('x-sprue-trace'));
    }
    await delay(50);
    assert.equal(records.length, before);
  });
});

test('a router waits for so many at a time and says when it is asked for more', async () => {
  const ids: string[] = [];
  for (let i = 0; i <= MAX_ARMED_TRACES + 20; i++) ids.push(await arm(800));
  const problems = armed.filter(({ trace, problem }) => ids.includes(trace) && problem);
  assert.ok(problems.length > 0, 'the last ones were too many');
  await delay(900);
  const id = await arm();
  assert.equal(armed.find(({ trace }) => trace === id)?.problem, undefined);
});

test('orders that are no orders are left alone', async () => {
  for (const order of [null, 7, 'x', {}, { id: 'short', forMs: 1 }, { id: 'a'.repeat(32) }]) {
    bus.publish(SUBJECTS.traceStart, order);
    bus.publish(SUBJECTS.traceStop, order);
  }
  const id = await arm();
  assert.equal((await ask('app.test', id)).status, 200);
  await recordOf(id);
});
