import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Bus } from '../../src/bus/bus.ts';
import { silentLog } from '../../src/core/log.ts';
import type { RouterRegister, RouterStart } from '../../src/proto/router-register.ts';
import { SUBJECTS } from '../../src/proto/subjects.ts';
import { Registrar } from '../../src/router/registrar.ts';
import { RouteTable } from '../../src/router/table/route-table.ts';
import { eventually } from '../kit/eventually.ts';
import { type NatsServer, startNatsServer } from '../kit/nats-server.ts';

const PRESENCE = { id: '0-test', host: '127.0.0.1', port: 8080, name: hostname() };

let server: NatsServer;
let client: Bus;

before(async () => {
  server = await startNatsServer();
  client = await connect();
});

after(async () => {
  await client.close();
  await server.stop();
});

function connect(): Promise<Bus> {
  return Bus.connect({ servers: [server.url], name: 'test', log: silentLog });
}

interface Setup extends AsyncDisposable {
  readonly table: RouteTable;
  readonly registrar: Registrar;
  readonly bus: Bus;
}

async function setUp(
  options: {
    staleThresholdMs?: number;
    pruneIntervalMs?: number;
    suspendPruningWhileDisconnected?: boolean;
  } = {},
): Promise<Setup> {
  const { staleThresholdMs = 120_000, pruneIntervalMs = 30_000 } = options;
  const bus = await connect();
  const table = new RouteTable({ staleThresholdMs });
  const registrar = new Registrar({
    bus,
    table,
    log: silentLog,
    id: PRESENCE.id,
    host: PRESENCE.host,
    minimumRegisterIntervalMs: 5_000,
    pruneIntervalMs,
    suspendPruningWhileDisconnected: options.suspendPruningWhileDisconnected ?? true,
  });
  registrar.start();
  await bus.flush();
  const dispose = async () => {
    registrar.stop();
    await bus.close();
  };
  return { table, registrar, bus, [Symbol.asyncDispose]: dispose };
}

function registration(fields: Partial<RouterRegister> = {}): RouterRegister {
  return { host: '10.0.0.1', port: 61_001, uris: ['a.test'], ...fields };
}

/** Sends and waits until the router has confirmed. */
async function confirmed(subject: string, payload: unknown): Promise<unknown> {
  const [answer] = await client.requestMany(subject, payload, { count: 1, timeoutMs: 2_000 });
  return answer?.json();
}

describe('Registrar', () => {
  test('register and unregister are confirmed once the table has changed', async () => {
    await using router = await setUp();
    assert.deepEqual(await confirmed(SUBJECTS.routerRegister, registration()), {
      router: '0-test',
    });
    assert.equal(router.table.lookup('a.test', '/')?.size, 1);
    assert.deepEqual(await confirmed(SUBJECTS.routerUnregister, registration()), {
      router: '0-test',
    });
    assert.equal(router.table.lookup('a.test', '/')?.size, 0);
  });

  test('register and unregister take effect in the order in which they were sent', async () => {
    await using router = await setUp();
    for (let round = 0; round < 200; round++) {
      client.publish(SUBJECTS.routerRegister, registration({ port: 61_001 + round }));
      client.publish(SUBJECTS.routerUnregister, registration({ port: 61_001 + round }));
    }
    await confirmed(SUBJECTS.routerRegister, registration({ uris: ['last.test'] }));
    assert.equal(router.table.lookup('a.test', '/')?.size, 0);
    assert.equal(router.table.endpointCount, 1);
  });

  test('an unregister of the address’s former instance has no effect, and is confirmed', async () => {
    await using router = await setUp();
    const next = registration({ private_instance_id: 'new' });
    await confirmed(SUBJECTS.routerRegister, next);
    const late = registration({ private_instance_id: 'old' });
    assert.deepEqual(await confirmed(SUBJECTS.routerUnregister, late), { router: '0-test' });
    assert.equal(router.table.lookup('a.test', '/')?.endpoints[0]?.instanceId, 'new');
  });

  test('router.start is published at start, and greet is answered with the same', async () => {
    const starts: RouterStart[] = [];
    const subscription = client.subscribe(SUBJECTS.routerStart, message =>
      starts.push(message.json() as RouterStart),
    );
    await client.flush();
    await using _router = await setUp();
    const expected = {
      id: '0-test',
      hosts: ['127.0.0.1'],
      minimumRegisterIntervalInSeconds: 5,
      pruneThresholdInSeconds: 120,
    };
    const greeting = await client.request(SUBJECTS.routerGreet, {}, 2_000);
    assert.deepEqual(greeting.json(), expected);
    await eventually(() => starts.length === 1);
    assert.deepEqual(starts, [expected]);
    subscription.unsubscribe();
  });

  test('malformed messages are counted and change nothing', async () => {
    await using router = await setUp();
    const bad: unknown[] = [
      7,
      null,
      [],
      { host: 'h' },
      { ...registration(), port: '61001' },
      { ...registration(), private_instance_index: 1 },
      { ...registration(), uris: [{}] },
    ];
    for (const payload of bad) client.publish(SUBJECTS.routerRegister, payload);
    for (const payload of bad) client.publish(SUBJECTS.routerUnregister, payload);
    client.connection.publish(SUBJECTS.routerRegister, '{"broken');
    client.connection.publish(SUBJECTS.routerRegister, new Uint8Array([0xff, 0xfe, 0]));
    client.connection.publish('router.unknown', 'whatever');
    client.connection.publish(SUBJECTS.routerGreet, '');
    await confirmed(SUBJECTS.routerRegister, registration());
    assert.equal(router.registrar.counters.invalid, bad.length * 2 + 2);
    assert.equal(router.table.endpointCount, 1);
  });

  test('stale endpoints are pruned', async () => {
    await using router = await setUp({ staleThresholdMs: 200, pruneIntervalMs: 50 });
    await confirmed(SUBJECTS.routerRegister, registration());
    await eventually(() => router.table.endpointCount === 0);
  });

  test('presence is published once announced, and the end when stopped', async () => {
    const heard: string[] = [];
    const subscription = client.subscribe('sprue.router.*', message =>
      heard.push(`${message.subject} ${message.text()}`),
    );
    await client.flush();
    const router = await setUp();
    router.registrar.announce(PRESENCE.port);
    await router[Symbol.asyncDispose]();
    await eventually(() => heard.length === 2);
    const presence = JSON.stringify(PRESENCE);
    assert.deepEqual(heard, [`sprue.router.alive ${presence}`, `sprue.router.gone ${presence}`]);
    subscription.unsubscribe();
  });
});

describe('Registrar while NATS is away', () => {
  test('keeps every endpoint, asks for registrations on return, and gives a full TTL', async () => {
    await using router = await setUp({ staleThresholdMs: 1_000, pruneIntervalMs: 50 });
    const starts: unknown[] = [];
    // On the router's own connection: another one may be back too late to hear it.
    router.bus.subscribe(SUBJECTS.routerStart, message => starts.push(message));
    await confirmed(SUBJECTS.routerRegister, registration());
    await server.kill();
    await eventually(() => !router.bus.connected);
    await delay(1_500);
    assert.equal(router.table.lookup('a.test', '/')?.size, 1, 'kept beyond its TTL');
    await server.resume();
    await eventually(() => router.bus.connected);
    await delay(500);
    assert.equal(router.table.lookup('a.test', '/')?.size, 1, 'a fresh TTL after the return');
    await eventually(() => router.table.endpointCount === 0);
    await eventually(() => starts.length > 0);
  });

  test('prunes all the same when the operator says so', async () => {
    await using router = await setUp({
      staleThresholdMs: 300,
      pruneIntervalMs: 50,
      suspendPruningWhileDisconnected: false,
    });
    await eventually(() => client.connected);
    await confirmed(SUBJECTS.routerRegister, registration());
    await server.kill();
    await eventually(() => router.table.endpointCount === 0);
    await server.resume();
    await eventually(() => client.connected && router.bus.connected);
  });
});
