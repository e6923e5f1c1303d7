import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Bus } from '../../src/bus/bus.ts';
import { EventStream } from '../../src/bus/event-stream.ts';
import { KvBucket } from '../../src/bus/kv-bucket.ts';
import { ObjectBucket } from '../../src/bus/object-bucket.ts';
import { DEA_FORGET_MS, KV, OBJECTS } from '../../src/proto/buckets.ts';
import { EDGE_KV } from '../../src/proto/edge.ts';
import { LOG_STREAM, SUBJECTS } from '../../src/proto/subjects.ts';
import { RoleServer } from './open-server.ts';

const any = (json: unknown) => json;
const bucket = (bus: Bus, name: string) =>
  KvBucket.open(bus, { name, decode: any, ...(name === KV.deas && { ttlMs: DEA_FORGET_MS }) });

/** A request to JetStream's API that must come to nothing. */
async function refused(bus: Bus, subject: string, payload: unknown = {}): Promise<void> {
  await assert.rejects(bus.request(subject, payload, 400), `${subject} was answered`);
}

describe('what each role may do on the bus', () => {
  let server: RoleServer;
  let controller: Bus;
  let one: Bus;
  let router: Bus;
  let edge: Bus;

  before(async () => {
    server = await RoleServer.start([
      { role: 'controller' },
      { role: 'router' },
      { role: 'edge' },
      { role: 'dea', deaId: 'one' },
      { role: 'dea', deaId: 'two' },
    ]);
    controller = await server.connect({ role: 'controller' });
    for (const name of [...Object.values(KV), ...Object.values(EDGE_KV)]) {
      const kv = await bucket(controller, name);
      for (const key of ['one.instance.x', 'two.instance.x', 'one', 'two']) await kv.put(key, name);
    }
    const packages = await ObjectBucket.open(controller, OBJECTS.packages);
    await packages.put('app', Readable.from([Buffer.from('zip')]));
    await ObjectBucket.open(controller, OBJECTS.droplets);
    await EventStream.open(controller, LOG_STREAM);
    one = await server.connect({ role: 'dea', deaId: 'one' });
    router = await server.connect({ role: 'router' });
    edge = await server.connect({ role: 'edge' });
  });
  after(() => server[Symbol.asyncDispose]());

  test('a DEA does its work: own keys, blobs, logs, lease, routes', async () => {
    const desired = await bucket(one, KV.desired);
    assert.equal((await desired.get('one.instance.x'))?.value, KV.desired);
    assert.deepEqual(await desired.keys('one.>'), ['one.instance.x']);
    const seen: string[] = [];
    const stop = new AbortController();
    await desired.watch('one.>', { onChange: ({ key }) => seen.push(key) }, stop.signal);
    assert.deepEqual(seen, ['one.instance.x']);
    stop.abort();
    const actual = await bucket(one, KV.actual);
    await actual.put('one.instance.y', 'running');
    await actual.delete('one.instance.y');
    await (await bucket(one, KV.deas)).put('one', 'here');
    const packages = await ObjectBucket.open(one, OBJECTS.packages);
    assert.equal(await text(await packages.get('app')), 'zip');
    const droplets = await ObjectBucket.open(one, OBJECTS.droplets);
    await droplets.put('d', Readable.from([Buffer.from('tar')]));
    await droplets.put('d', Readable.from([Buffer.from('tar again')]));
    assert.equal(await text(await droplets.get('d')), 'tar again');
    await (await EventStream.open(one, LOG_STREAM)).store('logs.app', 'a line');
  });

  test('a router answers who registers', async () => {
    const heard = router.subscribe('router.*', message => message.respond({ router: 'r' }));
    await router.flush();
    const wait = { count: 1, timeoutMs: 1_000 };
    assert.equal((await one.requestMany(SUBJECTS.routerRegister, {}, wait)).length, 1);
    assert.equal((await controller.requestMany(SUBJECTS.routerUnregister, {}, wait)).length, 1);
    heard.unsubscribe();
  });

  test('the edge reads floating IPs and keeps its lease', async () => {
    const ips = await bucket(edge, EDGE_KV.floatingIps);
    assert.equal((await ips.get('one'))?.value, EDGE_KV.floatingIps);
    const edges = await bucket(edge, EDGE_KV.edges);
    await edges.put('edge-1', 'here');
  });

  test('a DEA reads neither resources nor what other DEAs should run', async () => {
    for (const name of [KV.resources, EDGE_KV.floatingIps]) {
      await refused(one, `$JS.API.STREAM.INFO.KV_${name}`);
      await refused(one, `$JS.API.DIRECT.GET.KV_${name}.$KV.${name}.one`);
      await refused(one, `$JS.API.STREAM.MSG.GET.KV_${name}`, { last_by_subj: `$KV.${name}.one` });
    }
    const own = `$JS.API.DIRECT.GET.KV_${KV.desired}.$KV.${KV.desired}.one.instance.x`;
    await one.request(own, {}, 1_000);
    await refused(one, own.replace('.one.', '.two.'));
    await refused(one, `$JS.API.STREAM.MSG.GET.KV_${KV.desired}`, { seq: 2 });
  });

  test('a DEA cannot follow the keys of another, however it asks', async () => {
    const stream = `KV_${KV.desired}`;
    const consumer = (filter: string) => ({
      stream_name: stream,
      config: { name: 'spy', filter_subject: filter, deliver_policy: 'all', ack_policy: 'none' },
    });
    const all = `$KV.${KV.desired}.>`;
    const own = `$KV.${KV.desired}.one.>`;
    await refused(one, `$JS.API.CONSUMER.CREATE.${stream}`, consumer(all));
    await refused(one, `$JS.API.CONSUMER.CREATE.${stream}.spy`, consumer(all));
    await refused(one, `$JS.API.CONSUMER.CREATE.${stream}.spy.${all}`, consumer(all));
    await refused(one, `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.spy`, consumer(all));
    const answer = await one.request(
      `$JS.API.CONSUMER.CREATE.${stream}.spy.${own}`,
      consumer(all),
      1_000,
    );
    const { error } = answer.json() as { error?: { description: string } };
    assert.match(error?.description ?? '', /filter/, 'the server compares subject and request');
  });

  test('a DEA writes no other DEA’s keys, no desired state, no package and no lease but its own', async () => {
    const forbidden = [
      [KV.desired, 'one.instance.x'],
      [KV.actual, 'two.instance.x'],
      [KV.deas, 'two'],
      [KV.resources, 'one'],
      [EDGE_KV.floatingIps, 'one'],
    ] as const;
    for (const [name, key] of forbidden) one.publish(`$KV.${name}.${key}`, 'forged');
    one.publish(`$O.${OBJECTS.packages}.C.forged`, 'forged');
    one.publish(SUBJECTS.routerAlive, { id: 'forged', host: '10.0.0.1', port: 80 });
    await one.flush();
    await delay(50);
    for (const [name, key] of forbidden)
      assert.equal(
        (await (await bucket(controller, name)).get(key))?.value,
        name,
        `${name} ${key}`,
      );
  });

  test('only the controller makes, changes or removes streams', async () => {
    for (const bus of [one, router, edge]) {
      for (const verb of ['CREATE', 'UPDATE', 'DELETE', 'PURGE', 'SNAPSHOT', 'RESTORE']) {
        const name = `KV_${KV.desired}`;
        await refused(bus, `$JS.API.STREAM.${verb}.${name}`, { name, subjects: ['$KV.>'] });
      }
    }
  });

  test('a router reads and writes no bucket at all', async () => {
    for (const name of Object.values(KV)) {
      await refused(router, `$JS.API.STREAM.INFO.KV_${name}`);
      await refused(router, `$JS.API.DIRECT.GET.KV_${name}.$KV.${name}.one`);
    }
    await refused(router, '$JS.API.STREAM.NAMES');
    router.publish(`$KV.${KV.desired}.one.instance.x`, 'forged');
    await router.flush();
    const kept = await (await bucket(controller, KV.desired)).get('one.instance.x');
    assert.equal(kept?.value, KV.desired);
  });

  test('nobody hears the answers that others get', async () => {
    const heard: string[] = [];
    for (const bus of [one, router, edge]) {
      for (const subject of ['_INBOX.>', '_INBOX.controller.>', '_INBOX.dea-two.>', '>', '$KV.>'])
        bus.subscribe(subject, message => heard.push(message.subject));
      await bus.flush();
    }
    await (await bucket(controller, KV.resources)).get('one');
    await (await bucket(controller, KV.resources)).put('one', KV.resources);
    await delay(100);
    assert.deepEqual(heard, []);
  });
});
