import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bus } from '../../src/bus/bus.ts';
import { KvBucket } from '../../src/bus/kv-bucket.ts';
import { anApp, aProcess, guidOf } from '../../src/controller/domain/fixtures.ts';
import {
  newFrame,
  type OrganizationRecord,
  type SpaceRecord,
} from '../../src/controller/domain/records.ts';
import { claimKey } from '../../src/controller/domain/uniqueness.ts';
import { ResourceStore } from '../../src/controller/store/resource-store.ts';
import { decodeStored, type StoredValue } from '../../src/controller/store/stored-value.ts';
import { silentLog } from '../../src/core/log.ts';
import { KV } from '../../src/proto/buckets.ts';
import { eventually } from '../kit/eventually.ts';
import { type NatsServer, startNatsServer } from '../kit/nats-server.ts';

const ORGANIZATION: OrganizationRecord = {
  kind: 'organization',
  ...newFrame(guidOf('org'), 0),
  name: 'sprue',
};
const SPACE: SpaceRecord = {
  kind: 'space',
  ...newFrame(guidOf('space'), 0),
  name: 'dev',
  organizationGuid: ORGANIZATION.guid,
};

class Lab implements AsyncDisposable {
  nowMs = 1_000_000;
  readonly bus: Bus;
  readonly nats: NatsServer;
  readonly #stack: AsyncDisposableStack;

  private constructor(nats: NatsServer, bus: Bus, stack: AsyncDisposableStack) {
    this.nats = nats;
    this.bus = bus;
    this.#stack = stack;
  }

  static async open(): Promise<Lab> {
    await using stack = new AsyncDisposableStack();
    const nats = stack.use(await startNatsServer());
    const options = { servers: [nats.url], name: 'test', log: silentLog };
    const bus = stack.use(await Bus.connect(options));
    return new Lab(nats, bus, stack.move());
  }

  /** One more store on the same bucket, as after a restart or in a second controller. */
  store(): Promise<ResourceStore> {
    const abort = new AbortController();
    this.#stack.defer(() => abort.abort());
    return ResourceStore.open(this.bus, {
      clock: { now: () => this.nowMs },
      log: silentLog,
      signal: abort.signal,
      onChange() {},
    });
  }

  bucket(): Promise<KvBucket<StoredValue>> {
    return KvBucket.open(this.bus, { name: KV.resources, decode: decodeStored });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

async function seeded(lab: Lab): Promise<ResourceStore> {
  const store = await lab.store();
  await store.create(ORGANIZATION);
  await store.create(SPACE);
  return store;
}

test('a writer sees its own write at once, another store soon, a new one at its start', async () => {
  await using lab = await Lab.open();
  const store = await seeded(lab);
  const other = await lab.store();
  const app = await store.create(anApp());
  assert.equal(store.get('app', app.guid).name, 'shop');
  await store.modify('app', app.guid, before => ({ ...before, state: 'STOPPED' }));
  assert.equal(store.get('app', app.guid).state, 'STOPPED');
  await eventually(() => other.find('app', app.guid)?.state === 'STOPPED');
  const late = await lab.store();
  assert.deepEqual(late.get('app', app.guid), store.get('app', app.guid));
});

test('two stores never give one name to two apps', async () => {
  await using lab = await Lab.open();
  const stores = [await seeded(lab), await lab.store()];
  const results = await Promise.allSettled(
    stores.flatMap((store, n) => [
      store.create(anApp({ guid: guidOf(`a${n}`) })),
      store.create(anApp({ guid: guidOf(`b${n}`) })),
    ]),
  );
  assert.equal(results.filter(result => result.status === 'fulfilled').length, 1);
  for (const result of results) {
    if (result.status === 'rejected') assert.equal(result.reason.code, 'APP_EXISTS');
  }
});

test('changes of two stores to one record are both kept', async () => {
  await using lab = await Lab.open();
  const first = await seeded(lab);
  const app = await first.create(anApp());
  const second = await lab.store();
  const add = (store: ResourceStore, name: string) =>
    store.modify('app', app.guid, before => ({ ...before, env: { ...before.env, [name]: '1' } }));
  await Promise.all([
    ...Array.from({ length: 10 }, (_, n) => add(first, `A${n}`)),
    ...Array.from({ length: 10 }, (_, n) => add(second, `B${n}`)),
  ]);
  const late = await lab.store();
  assert.equal(Object.keys(late.get('app', app.guid).env).length, 20);
});

test('renaming takes the new name and frees the old one', async () => {
  await using lab = await Lab.open();
  const store = await seeded(lab);
  const app = await store.create(anApp());
  await store.create(anApp({ guid: guidOf('taken'), name: 'taken' }));
  await assert.rejects(
    store.modify('app', app.guid, before => ({ ...before, name: 'Taken' })),
    { code: 'APP_EXISTS' },
  );
  await store.modify('app', app.guid, before => ({ ...before, name: 'renamed' }));
  await store.create(anApp({ guid: guidOf('again'), name: 'shop' }));
  await assert.rejects(store.create(anApp({ guid: guidOf('x'), name: 'renamed' })), {
    code: 'APP_EXISTS',
  });
});

test('a claim that a crash left without record gives way: after a pause, or at the next start', async () => {
  await using lab = await Lab.open();
  const store = await seeded(lab);
  const bucket = await lab.bucket();
  const text = `app:${SPACE.guid}:shop`;
  const claim = {
    kind: 'claim',
    text,
    owner: { kind: 'app', guid: guidOf('dead') },
    claimedMs: lab.nowMs,
  } as const;
  await bucket.create(claimKey(text), claim);
  await assert.rejects(store.create(anApp()), { code: 'APP_EXISTS' }, 'it may be on its way');
  lab.nowMs += 20_000;
  const app = await store.create(anApp());
  await store.delete(app);

  await bucket.put(claimKey(text), { ...claim, claimedMs: lab.nowMs });
  const restarted = await lab.store();
  await restarted.create(anApp());
});

test('records that a crash left without owner are gone after the next start', async () => {
  await using lab = await Lab.open();
  const store = await seeded(lab);
  const app = await store.create(anApp());
  const process = await store.create(aProcess());
  const bucket = await lab.bucket();
  await bucket.delete(`app.${app.guid}`);
  const restarted = await lab.store();
  assert.equal(restarted.find('process', process.guid), undefined);
  await restarted.create(anApp({ guid: guidOf('next') }));
});

test('deleting is final: late news of an earlier write does not bring a record back', async () => {
  await using lab = await Lab.open();
  const store = await seeded(lab);
  for (let round = 0; round < 50; round++) {
    const app = await store.create(anApp());
    await store.modify('app', app.guid, before => ({ ...before, state: 'STOPPED' }));
    await store.delete(app);
    assert.equal(store.find('app', app.guid), undefined);
    await new Promise(resolve => setImmediate(resolve));
    assert.equal(store.find('app', app.guid), undefined);
  }
  await assert.rejects(
    store.modify('app', guidOf('app'), app => app),
    {
      code: 'RESOURCE_NOT_FOUND',
    },
  );
});

test('a store of 5,000 records is read within two seconds', async () => {
  await using lab = await Lab.open();
  const store = await seeded(lab);
  await Promise.all(
    Array.from({ length: 2_500 }, (_, n) =>
      store.create(anApp({ guid: guidOf(n.toString(36).padStart(6, '0')), name: `app-${n}` })),
    ),
  );
  const before = performance.now();
  const late = await lab.store();
  const tookMs = performance.now() - before;
  assert.equal(late.count('app'), 2_500);
  assert.ok(tookMs < 2_000, `${Math.round(tookMs)} ms`);
});

test('what vanishes during an outage is forgotten, what is still there stays', async () => {
  await using lab = await Lab.open();
  const store = await seeded(lab);
  const app = await store.create(anApp());
  const process = await store.create(aProcess());
  const bucket = await lab.bucket();
  await lab.nats.kill();
  await lab.nats.resume();
  await eventually(() => lab.bus.connected);
  await bucket.delete(`process.${process.guid}`);
  await bucket.sweep(0);
  await eventually(() => store.find('process', process.guid) === undefined);
  assert.equal(store.get('app', app.guid).name, 'shop');
});
