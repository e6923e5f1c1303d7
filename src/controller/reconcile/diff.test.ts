import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Guid, newInstanceId } from '../../core/ids.ts';
import type { ActualInstance } from '../../proto/actual-instance.ts';
import type { DesiredInstance } from '../../proto/desired-instance.ts';
import { anApp, aProcess, aRoute, aVersion, guidOf } from '../domain/fixtures.ts';
import { type DeploymentRecord, newFrame } from '../domain/records.ts';
import type { AppModel, AppWorld } from './app-model.ts';
import { type AppPlan, diffApp } from './diff.ts';

const V1 = aVersion('v1');
const V2 = aVersion('v2');

/** A platform in a few arrays: plans are carried out by hand. */
class World implements AppWorld {
  desired: DesiredInstance[] = [];
  actual: ActualInstance[] = [];
  hosts = [{ id: 'dea1', memoryMib: 4096, reservedMib: 0 }];
  gone = new Set<string>();
  #counter = 0;

  isGone = (deaId: string) => this.gone.has(deaId);

  plan(model: AppModel): AppPlan {
    return diffApp(model, this, () => guidOf(`i${this.#counter++}`) as Guid);
  }

  carryOut(plan: AppPlan): void {
    const removed = new Set(plan.delete.map(wish => wish.guid));
    const updated = new Map(plan.update.map(wish => [wish.guid, wish]));
    this.desired = [...this.desired, ...plan.create]
      .filter(wish => !removed.has(wish.guid))
      .map(wish => updated.get(wish.guid) ?? wish);
    this.actual = this.actual.filter(one => !removed.has(one.guid));
  }

  /** Plans until nothing is left to do; with `run`, every instance becomes ready. */
  settle(model: AppModel, run = true): void {
    for (let round = 0; round < 20; round++) {
      if (run) for (const wish of this.desired) this.report(wish, 'RUNNING');
      const plan = this.plan(model);
      this.carryOut(plan);
      if (plan.create.length + plan.update.length + plan.delete.length === 0) return;
    }
    assert.fail('the plan never becomes empty');
  }

  report(wish: DesiredInstance, state: ActualInstance['state'], routable = state === 'RUNNING') {
    const { guid, deaId, appGuid, processGuid, processType, index, version } = wish;
    this.actual = this.actual.filter(one => one.guid !== guid);
    const instanceId = newInstanceId();
    this.actual.push({
      ...{ guid, deaId, appGuid, processGuid, processType, index, version },
      ...{ instanceId, state, sinceMs: 0, routable },
    });
  }
}

function model(change: Partial<AppModel> = {}): AppModel {
  return {
    app: anApp(),
    processes: [aProcess({ version: V1 })],
    routes: [aRoute('shop.org')],
    deployment: undefined,
    ...change,
  };
}

function rolling(maxInFlight = 1): DeploymentRecord {
  return {
    kind: 'deployment',
    ...newFrame(guidOf('deployment'), 0),
    appGuid: guidOf('app'),
    state: 'DEPLOYING',
    stateSinceMs: 0,
    maxInFlight,
    processes: [],
    target: { versions: {} },
    previous: { versions: {} },
  };
}

/** `0v1` for index 0 at version 1, in order. */
function names(wishes: readonly DesiredInstance[]): string[] {
  return wishes.map(wish => `${wish.index}${wish.version === V1.guid ? 'v1' : 'v2'}`).sort();
}

test('diffApp asks for what is missing, with everything that an instance needs', () => {
  const world = new World();
  const plan = world.plan(model({ processes: [aProcess({ version: V1, instances: 2 })] }));
  assert.deepEqual(names(plan.create), ['0v1', '1v1']);
  const [first] = plan.create;
  assert.deepEqual(first?.uris, ['shop.org']);
  assert.equal(first?.deaId, 'dea1');
  assert.equal(first?.healthCheck.startTimeoutSec, 60);
});

test('diffApp is stable: a plan that was carried out is followed by an empty one', () => {
  const world = new World();
  const wanted = model({ processes: [aProcess({ version: V1, instances: 3 })] });
  world.settle(wanted);
  assert.deepEqual(names(world.desired), ['0v1', '1v1', '2v1']);
  const again = world.plan(wanted);
  assert.deepEqual([again.create, again.update, again.delete, again.unplaced], [[], [], [], []]);
});

test('diffApp removes the highest indexes when there are too many', () => {
  const world = new World();
  world.settle(model({ processes: [aProcess({ version: V1, instances: 3 })] }));
  const plan = world.plan(model({ processes: [aProcess({ version: V1, instances: 1 })] }));
  assert.deepEqual(names(plan.delete), ['1v1', '2v1']);
  assert.deepEqual(plan.create, []);
});

test('diffApp removes everything of a stopped app, of processes that are gone, and of duplicates', () => {
  const world = new World();
  world.settle(model());
  assert.deepEqual(names(world.plan(model({ app: anApp({ state: 'STOPPED' }) })).delete), ['0v1']);
  assert.deepEqual(names(world.plan(model({ processes: [] })).delete), ['0v1']);
  const [only] = world.desired;
  assert.ok(only);
  world.desired.push({ ...only, guid: guidOf('twin') });
  assert.deepEqual(
    world.plan(model()).delete.map(wish => wish.guid),
    [guidOf('twin')],
  );
});

test('diffApp changes routes of running instances in place', () => {
  const world = new World();
  world.settle(model());
  const plan = world.plan(model({ routes: [aRoute('b.org'), aRoute('a.org')] }));
  assert.deepEqual(
    plan.update.map(wish => wish.uris),
    [['a.org', 'b.org']],
  );
  assert.deepEqual([plan.create, plan.delete], [[], []]);
});

test('without a deployment a new version replaces the old one at once', () => {
  const world = new World();
  world.settle(model());
  const plan = world.plan(model({ processes: [aProcess({ version: V2 })] }));
  assert.deepEqual([names(plan.create), names(plan.delete)], [['0v2'], ['0v1']]);
});

test('in a deployment old instances stay until the new one of their index is ready', () => {
  const world = new World();
  world.settle(model({ processes: [aProcess({ version: V1, instances: 2 })] }));
  const next = model({
    processes: [aProcess({ version: V2, instances: 2 })],
    deployment: rolling(),
  });
  const started = world.plan(next);
  assert.deepEqual([names(started.create), names(started.delete)], [['0v2'], []]);
  world.carryOut(started);

  const [fresh] = started.create;
  assert.ok(fresh);
  assert.deepEqual(names(world.plan(next).create), [], 'one in flight');
  world.report(fresh, 'STARTING');
  assert.deepEqual(names(world.plan(next).delete), []);
  world.report(fresh, 'RUNNING', false);
  assert.deepEqual(names(world.plan(next).delete), [], 'running, but no router knows it');
  world.report(fresh, 'RUNNING');
  const second = world.plan(next);
  assert.deepEqual([names(second.create), names(second.delete)], [['1v2'], ['0v1']]);
  world.carryOut(second);
  world.settle(next);
  assert.deepEqual(names(world.desired), ['0v2', '1v2']);
});

test('max_in_flight bounds how many are replaced together', () => {
  const world = new World();
  world.settle(model({ processes: [aProcess({ version: V1, instances: 5 })] }));
  const next = model({
    processes: [aProcess({ version: V2, instances: 5 })],
    deployment: rolling(2),
  });
  const plan = world.plan(next);
  assert.deepEqual(names(plan.create), ['0v2', '1v2']);
});

test('in a deployment old instances that crashed make way at once', () => {
  const world = new World();
  world.settle(model());
  const [old] = world.desired;
  assert.ok(old);
  world.report(old, 'CRASHED');
  const next = model({ processes: [aProcess({ version: V2 })], deployment: rolling() });
  world.carryOut(world.plan(next));
  assert.deepEqual(names(world.plan(next).delete), ['0v1']);
});

test('old instances in a deployment get route changes too', () => {
  const world = new World();
  world.settle(model());
  const deployment = rolling();
  const processes = [aProcess({ version: V2 })];
  world.carryOut(world.plan(model({ processes, deployment })));
  const plan = world.plan(model({ processes, deployment, routes: [aRoute('new.org')] }));
  assert.deepEqual(names(plan.update), ['0v1', '0v2']);
});

test('instances without room are reported, and those with room placed', () => {
  const world = new World();
  world.hosts = [{ id: 'dea1', memoryMib: 600, reservedMib: 0 }];
  const plan = world.plan(model({ processes: [aProcess({ version: V1, instances: 3 })] }));
  assert.deepEqual(names(plan.create), ['0v1', '1v1']);
  assert.equal(plan.unplaced[0]?.index, 2);
  assert.match(plan.unplaced[0]?.reason ?? '', /256M of memory needed, the host has 88M free/);
});

test('a restart needs no room for both versions', () => {
  const world = new World();
  world.settle(model());
  world.hosts = [{ id: 'dea1', memoryMib: 300, reservedMib: 256 }];
  const plan = world.plan(model({ processes: [aProcess({ version: V2 })] }));
  assert.deepEqual([names(plan.create), plan.unplaced], [['0v2'], []]);
});

test('instances of a lost host go elsewhere, or wait for it when there is no elsewhere', () => {
  const world = new World();
  world.settle(model());
  world.gone.add('dea1');
  world.hosts = [];
  const waiting = world.plan(model());
  assert.deepEqual([waiting.create, waiting.delete], [[], []]);
  assert.match(waiting.unplaced[0]?.reason ?? '', /host dea1 does not answer/);

  world.hosts = [{ id: 'dea2', memoryMib: 1024, reservedMib: 0 }];
  const moved = world.plan(model());
  assert.deepEqual(
    moved.create.map(wish => wish.deaId),
    ['dea2'],
  );
  assert.deepEqual(
    moved.delete.map(wish => wish.deaId),
    ['dea1'],
  );
});

test('instances of one process spread over hosts', () => {
  const world = new World();
  world.hosts = ['dea1', 'dea2', 'dea3'].map(id => ({ id, memoryMib: 4096, reservedMib: 0 }));
  const plan = world.plan(model({ processes: [aProcess({ version: V1, instances: 6 })] }));
  const counts = Map.groupBy(plan.create, wish => wish.deaId);
  assert.deepEqual(
    [...counts.values()].map(group => group.length),
    [2, 2, 2],
  );
});
