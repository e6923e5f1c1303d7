import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newInstanceId } from '../../core/ids.ts';
import type { ActualInstance } from '../../proto/actual-instance.ts';
import type { DesiredInstance } from '../../proto/desired-instance.ts';
import { anApp, aProcess, aVersion, guidOf } from '../domain/fixtures.ts';
import { type DeploymentRecord, newFrame } from '../domain/records.ts';
import { advanceDeployment, deploymentProgress } from './advance-deployment.ts';
import type { AppModel, AppWorld } from './app-model.ts';
import { diffApp } from './diff.ts';

const OLD = aVersion('old');
const NEW = aVersion('new');

function model(state: DeploymentRecord['state'], instances = 1): AppModel {
  return {
    app: anApp(),
    processes: [aProcess({ version: state === 'DEPLOYING' ? NEW : OLD, instances })],
    routes: [],
    deployment: {
      kind: 'deployment',
      ...newFrame(guidOf('deployment'), 0),
      appGuid: guidOf('app'),
      state,
      stateSinceMs: 0,
      maxInFlight: 1,
      processes: [],
      target: { versions: {} },
      previous: { versions: {} },
    },
  };
}

/** Wishes for an index and a version, as the controller itself would write them. */
function wish(index: number, version: typeof OLD): DesiredInstance {
  const empty: AppWorld = {
    desired: [],
    actual: [],
    hosts: [{ id: 'dea1', memoryMib: 9999, reservedMib: 0 }],
    isGone: () => false,
  };
  const plan = diffApp(
    {
      app: anApp(),
      processes: [aProcess({ version, instances: index + 1 })],
      routes: [],
      deployment: undefined,
    },
    empty,
    () => guidOf(`${version === OLD ? 'o' : 'n'}${index}`),
  );
  const found = plan.create[index];
  assert.ok(found);
  return { ...found, guid: guidOf(`${version === OLD ? 'o' : 'n'}${index}`) };
}

function world(
  ...instances: readonly (readonly [DesiredInstance, Partial<ActualInstance>?])[]
): AppWorld {
  const actual = instances.flatMap(([one, change]): ActualInstance[] => {
    if (change === undefined) return [];
    const { guid, deaId, appGuid, processGuid, processType, index, version } = one;
    const identity = { guid, deaId, appGuid, processGuid, processType, index, version };
    const rest = {
      instanceId: newInstanceId(),
      state: 'RUNNING',
      sinceMs: 0,
      routable: true,
    } as const;
    return [{ ...identity, ...rest, ...change }];
  });
  return { desired: instances.map(([one]) => one), actual, hosts: [], isGone: () => false };
}

const CRASH = {
  count: 1,
  atMs: 0,
  reason: 'Exited with status 3',
  exitStatus: 3,
  lastLines: ['x'],
};

test('a deployment is complete when every new instance serves and every old one is gone', () => {
  const deploying = model('DEPLOYING');
  assert.equal(advanceDeployment(deploying, world([wish(0, OLD), {}]), 0), undefined);
  const both = world([wish(0, OLD), {}], [wish(0, NEW), {}]);
  assert.equal(advanceDeployment(deploying, both, 0), undefined);
  assert.deepEqual(deploymentProgress(deploying, both), { ready: 1, wanted: 1 });
  const done = world([wish(0, NEW), {}]);
  assert.deepEqual(advanceDeployment(deploying, done, 0), { state: 'DEPLOYED' });
});

test('a deployment of no instances is complete at once', () => {
  assert.deepEqual(advanceDeployment(model('DEPLOYING', 0), world(), 0), { state: 'DEPLOYED' });
});

test('a new instance that crashed ends the deployment with what is known about it', () => {
  const crashed = world([wish(0, OLD), {}], [wish(0, NEW), { state: 'CRASHED', crash: CRASH }]);
  assert.deepEqual(advanceDeployment(model('DEPLOYING'), crashed, 0), {
    state: 'CANCELING',
    failure: {
      reason: 'Exited with status 3',
      process_type: 'web',
      index: 0,
      exit_status: 3,
      last_lines: ['x'],
      listen_problem: null,
    },
  });
});

test('a new instance that crashed and is being started again counts as crashed', () => {
  const again = world([wish(0, NEW), { state: 'STARTING', crash: CRASH }]);
  assert.equal(advanceDeployment(model('DEPLOYING'), again, 0)?.state, 'CANCELING');
});

test('a new instance that takes too long ends the deployment, with the listen problem if there is one', () => {
  const slow = world([wish(0, NEW), { state: 'STARTING' }]);
  assert.equal(advanceDeployment(model('DEPLOYING'), slow, 60_000), undefined);
  const step = advanceDeployment(model('DEPLOYING'), slow, 90_001);
  assert.equal(step?.failure?.reason, 'It was not ready within 60 s');
  const listenProblem = {
    code: 'APP_LOOPBACK_BIND',
    text: 'It listens on 127.0.0.1',
    fix: '…',
  } as const;
  const bound = world([wish(0, NEW), { state: 'STARTING', listenProblem }]);
  const named = advanceDeployment(model('DEPLOYING'), bound, 90_001);
  assert.equal(named?.failure?.reason, 'It listens on 127.0.0.1');
  assert.deepEqual(named?.failure?.listen_problem, listenProblem);
});

test('a new instance that no router confirms ends the deployment', () => {
  const lonely = world([wish(0, NEW), { routable: false }]);
  assert.equal(advanceDeployment(model('DEPLOYING'), lonely, 59_000), undefined);
  assert.match(
    advanceDeployment(model('DEPLOYING'), lonely, 61_000)?.failure?.reason ?? '',
    /no router/,
  );
});

test('going back is complete when the old version serves alone', () => {
  const canceling = model('CANCELING');
  const both = world([wish(0, OLD), {}], [wish(0, NEW), { state: 'CRASHED', crash: CRASH }]);
  assert.equal(advanceDeployment(canceling, both, 0), undefined);
  const back = world([wish(0, OLD), {}]);
  assert.deepEqual(advanceDeployment(canceling, back, 0), { state: 'CANCELED' });
  const broken = world([wish(0, OLD), { state: 'CRASHED' }]);
  assert.deepEqual(advanceDeployment(canceling, broken, 0), { state: 'CANCELED' });
});

test('going back does not wait for instances that no host has room for', () => {
  const canceling = model('CANCELING', 2);
  const first = world([wish(0, OLD), {}]);
  assert.equal(advanceDeployment(canceling, first, 4_000), undefined);
  assert.deepEqual(advanceDeployment(canceling, first, 6_000), { state: 'CANCELED' });
});

test('stopping the app ends its deployment', () => {
  const stopped = { ...model('DEPLOYING'), app: anApp({ state: 'STOPPED' }) };
  assert.deepEqual(advanceDeployment(stopped, world(), 0), { state: 'CANCELED' });
  assert.equal(advanceDeployment({ ...stopped, deployment: undefined }, world(), 0), undefined);
});
