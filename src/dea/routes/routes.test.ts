import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ipv4, Port } from '../../core/address.ts';
import { newInstanceId } from '../../core/ids.ts';
import { silentLog } from '../../core/log.ts';
import { desiredInstance } from '../fakes/desired.ts';
import { FakeBus } from '../fakes/fake-bus.ts';
import { diffUris, type Endpoint, registration } from './endpoint.ts';
import { RouteAnnouncer } from './route-announcer.ts';
import { RoutersKnown } from './routers-known.ts';

function endpoint(uris: readonly string[] = ['a.example.com']): Endpoint {
  return {
    instanceId: newInstanceId(),
    outside: { host: '192.0.2.7' as Ipv4, port: 61_001 as Port },
    uris,
    desired: desiredInstance({ index: 3 }),
    updatedMs: 1_700_000_000_000,
  };
}

function announcer(t: { after(end: () => void): void }, routerIds: string[] = []) {
  const bus = new FakeBus();
  bus.confirming = routerIds;
  const known = { ids: () => new Set(routerIds), settled: true };
  const routes = new RouteAnnouncer(bus, known, silentLog);
  routes.start();
  t.after(() => routes.stop());
  return { bus, routes };
}

test('registration: types are those that gorouter insists on', () => {
  const one = endpoint();
  const message = registration(one);
  assert.equal(message.host, '192.0.2.7');
  assert.equal(message.port, 61_001);
  assert.deepEqual(message.uris, ['a.example.com']);
  assert.equal(message.app, one.desired.appGuid);
  assert.equal(message.private_instance_id, one.instanceId);
  assert.equal(message.private_instance_index, '3');
  assert.equal(message.endpoint_updated_at_ns, 1_700_000_000_000_000_000);
});

test('diffUris: ignores case and order', () => {
  assert.deepEqual(diffUris(['A.x', 'b.x'], ['b.X', 'c.x']), { added: ['c.x'], removed: ['a.x'] });
  assert.deepEqual(diffUris(['a.x', 'b.x'], ['b.x', 'a.x']), { added: [], removed: [] });
});

test('RouteAnnouncer: announces with confirmation, and again when a router starts', async t => {
  const { bus, routes } = announcer(t, ['r1']);
  assert.equal(await routes.announce(endpoint()), true);
  assert.equal(bus.published[0]?.asked, true);
  assert.deepEqual(bus.takeRoutes(), ['router.register a.example.com']);
  bus.deliver('router.start', { id: 'r2', hosts: [], minimumRegisterIntervalInSeconds: 20 });
  assert.deepEqual(bus.takeRoutes(), ['router.register a.example.com']);
});

test('RouteAnnouncer: a router that does not confirm makes it unconfirmed', async t => {
  const { bus, routes } = announcer(t, ['r1', 'r2']);
  bus.confirming = ['r1'];
  assert.equal(await routes.announce(endpoint()), false);
});

test('RouteAnnouncer: an answer that is no confirmation confirms nothing and harms nothing', async t => {
  const { bus, routes } = announcer(t, ['r1']);
  bus.confirming = [];
  bus.strayAnswers = ['no JSON', 'null', '{"router":7}'];
  assert.equal(await routes.announce(endpoint()), false);
  assert.equal(await routes.withdraw(endpoint()), false);
});

test('RouteAnnouncer: repeats within the interval, a shorter one when a router asks for it', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { bus, routes } = announcer(t);
  await routes.announce(endpoint());
  bus.takeRoutes();
  t.mock.timers.tick(17_999);
  assert.deepEqual(bus.takeRoutes(), []);
  t.mock.timers.tick(2_001);
  assert.deepEqual(bus.takeRoutes(), ['router.register a.example.com']);
  bus.deliver('router.start', { id: 'r', hosts: [], minimumRegisterIntervalInSeconds: 5 });
  bus.takeRoutes();
  t.mock.timers.tick(20_000);
  bus.takeRoutes();
  t.mock.timers.tick(5_000);
  assert.deepEqual(bus.takeRoutes(), ['router.register a.example.com']);
});

test('RouteAnnouncer: nothing piles up while NATS is away; all is said on reconnect', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { bus, routes } = announcer(t);
  await routes.announce(endpoint());
  bus.takeRoutes();
  bus.tellStatus('disconnected');
  t.mock.timers.tick(60_000);
  assert.deepEqual(bus.takeRoutes(), []);
  bus.tellStatus('reconnected');
  assert.deepEqual(bus.takeRoutes(), ['router.register a.example.com']);
});

test('RouteAnnouncer: announced again, it registers what is new and unregisters what is gone', async t => {
  const { bus, routes } = announcer(t, ['r1']);
  const one = endpoint(['a.x', 'b.x']);
  await routes.announce(one);
  bus.takeRoutes();
  assert.equal(await routes.announce({ ...one, uris: ['b.x', 'c.x'] }), true);
  assert.deepEqual(bus.takeRoutes(), ['router.register b.x,c.x', 'router.unregister a.x']);
  await routes.announce({ ...one, uris: [] });
  assert.deepEqual(bus.takeRoutes(), ['router.unregister b.x,c.x']);
  assert.equal(await routes.withdraw(one), true);
  assert.deepEqual(bus.takeRoutes(), [], 'nothing is left to unregister');
});

test('RouteAnnouncer.withdraw: unregisters, and does not announce it again', async t => {
  const { bus, routes } = announcer(t, ['r1']);
  const one = endpoint();
  await routes.announce(one);
  bus.takeRoutes();
  assert.equal(await routes.withdraw(one), true);
  assert.deepEqual(bus.takeRoutes(), ['router.unregister a.example.com']);
  bus.deliver('router.start', {});
  assert.deepEqual(bus.takeRoutes(), []);
});

test('RouteAnnouncer.withdraw: unconfirmed, it is said again on reconnect and to routers that start', async t => {
  const { bus, routes } = announcer(t, ['r1']);
  const one = endpoint();
  await routes.announce(one);
  bus.tellStatus('disconnected');
  bus.confirming = [];
  assert.equal(await routes.withdraw(one), false);
  bus.takeRoutes();
  bus.tellStatus('reconnected');
  assert.deepEqual(bus.takeRoutes(), ['router.unregister a.example.com']);
  bus.deliver('router.start', { id: 'r1' });
  assert.deepEqual(bus.takeRoutes(), ['router.unregister a.example.com']);
});

test('RouteAnnouncer.withdraw: unregisters what an earlier agent has announced', async t => {
  const { bus, routes } = announcer(t, ['r1']);
  await routes.withdraw(endpoint());
  assert.deepEqual(bus.takeRoutes(), ['router.unregister a.example.com']);
});

test('RoutersKnown: alive adds, gone and silence remove', t => {
  const bus = new FakeBus();
  let nowMs = 1_000;
  const known = new RoutersKnown(bus, { now: () => nowMs });
  t.after(() => known.close());
  bus.deliver('sprue.router.alive', { id: 'r1', host: 'h', port: 80 });
  bus.deliver('sprue.router.alive', { id: 'r2', host: 'h', port: 80 });
  bus.deliver('sprue.router.alive', null);
  assert.equal(known.settled, false);
  assert.deepEqual([...known.ids()], ['r1', 'r2']);
  bus.deliver('sprue.router.gone', { id: 'r1' });
  assert.deepEqual([...known.ids()], ['r2']);
  nowMs += 16_000;
  assert.equal(known.settled, true);
  assert.deepEqual([...known.ids()], []);
});
