import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Bus, type BusStatus } from '../../src/bus/bus.ts';
import { silentLog } from '../../src/core/log.ts';
import { eventually } from '../kit/eventually.ts';
import { type NatsServer, startNatsServer } from '../kit/nats-server.ts';

const LOGIN = { user: 'sprue', password: 'secret' };

let server: NatsServer;
let bus: Bus;
let other: Bus;

before(async () => {
  server = await startNatsServer(LOGIN);
  bus = await connect();
  other = await connect();
});
after(async () => {
  await bus.close();
  await other.close();
  await server.stop();
});

function connect(): Promise<Bus> {
  return Bus.connect({ servers: [server.url], ...LOGIN, name: 'test', log: silentLog });
}

describe('Bus', () => {
  test('refuses to connect without a server, and with a wrong password, within its time', async () => {
    const options = { name: 'test', log: silentLog, connectTimeoutMs: 1_000 };
    const nobody = Bus.connect({ ...options, servers: ['127.0.0.1:1'] });
    await assert.rejects(nobody, { code: 'BUS_UNAVAILABLE' });
    const wrong = Bus.connect({ ...options, ...LOGIN, password: 'no', servers: [server.url] });
    await assert.rejects(wrong, { code: 'BUS_UNAVAILABLE' });
  });

  test('delivers JSON in order', async () => {
    const seen: unknown[] = [];
    const subscription = bus.subscribe('order.*', message => seen.push(message.json()));
    await bus.flush();
    for (let index = 0; index < 500; index++) other.publish(`order.${index % 3}`, index);
    await eventually(() => seen.length === 500);
    assert.deepEqual(
      seen,
      Array.from({ length: 500 }, (_, index) => index),
    );
    subscription.unsubscribe();
  });

  test('a handler that throws does not end its subscription', async () => {
    let seen = 0;
    const subscription = bus.subscribe('throws', message => {
      seen++;
      message.json();
    });
    await bus.flush();
    other.connection.publish('throws', 'no json');
    other.publish('throws', 1);
    await eventually(() => seen === 2);
    subscription.unsubscribe();
  });

  test('request answers, or says that nobody does', async () => {
    const subscription = bus.subscribe('echo', message =>
      message.respond({ got: message.json(), subject: message.subject }),
    );
    await bus.flush();
    const answer = await other.request('echo', 7, 1_000);
    assert.deepEqual(answer.json(), { got: 7, subject: 'echo' });
    await assert.rejects(other.request('nobody', {}, 200), { code: 'BUS_UNAVAILABLE' });
    subscription.unsubscribe();
  });

  test('requestMany resolves with the wanted number of answers, or when the time is up', async () => {
    const responders = [bus, other].map((each, id) =>
      each.subscribe('many', message => message.respond(id)),
    );
    await bus.flush();
    await other.flush();
    const all = await bus.requestMany('many', {}, { count: 2, timeoutMs: 5_000 });
    assert.deepEqual(all.map(message => message.json()).sort(), [0, 1]);
    const started = performance.now();
    const some = await bus.requestMany('many', {}, { count: 3, timeoutMs: 200 });
    assert.equal(some.length, 2);
    assert.ok(performance.now() - started >= 195);
    assert.deepEqual(await bus.requestMany('many', {}, { count: 0, timeoutMs: 5_000 }), []);
    for (const responder of responders) responder.unsubscribe();
  });

  test('reconnects by itself, tells so, and keeps its subscriptions', async () => {
    const statuses: BusStatus[] = [];
    const unlisten = bus.onStatus(status => statuses.push(status));
    const seen: unknown[] = [];
    const subscription = bus.subscribe('again', message => seen.push(message.json()));
    await server.kill();
    await eventually(() => !bus.connected && !other.connected);
    bus.publish('again', 'lost');
    await delay(600);
    await server.resume();
    await eventually(() => bus.connected && other.connected);
    await bus.flush();
    other.publish('again', 'after');
    await eventually(() => seen.includes('after'));
    assert.deepEqual(statuses, ['disconnected', 'reconnected']);
    subscription.unsubscribe();
    unlisten();
  });

  test('close is told and final; drain after it does nothing', async () => {
    const closing = await connect();
    const statuses: BusStatus[] = [];
    closing.onStatus(status => statuses.push(status));
    await closing.close();
    await eventually(() => statuses.includes('closed'));
    assert.equal(closing.connected, false);
    await closing.drain();
  });
});
