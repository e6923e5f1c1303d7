import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { InstanceExtension, InstanceStats } from '../../proto/v3/process-stats.ts';
import { judgeStart } from './judge-start.ts';
import { ListenWatch } from './listen-watch.ts';
import { RoomWatch } from './room-watch.ts';
import { unhealthyError } from './unhealthy-error.ts';

function instance(
  change: Partial<InstanceStats> = {},
  sprue: Partial<InstanceExtension> = {},
): InstanceStats {
  return {
    type: 'web',
    index: 0,
    state: 'RUNNING',
    routable: true,
    usage: {},
    host: null,
    instance_internal_ip: null,
    instance_ports: [],
    uptime: 1,
    mem_quota: 1,
    disk_quota: 1,
    log_rate_limit: -1,
    fds_quota: 1,
    isolation_segment: null,
    details: null,
    ...change,
    sprue: {
      instance_guid: null,
      dea: null,
      version: null,
      current: true,
      network: null,
      placement: null,
      crash: null,
      listen_problem: null,
      ...sprue,
    },
  };
}

const crash = (count: number) => ({
  count,
  at: '',
  reason: 'Exited with status 3',
  exit_status: 3,
  last_lines: ['boom', 'bang'],
  next_start_at: null,
});

const loopback = {
  code: 'APP_LOOPBACK_BIND' as const,
  text: 'Expected 0.0.0.0:8080, found 127.0.0.1:8080.',
  fix: 'Listen on 0.0.0.0.',
};

describe('judgeStart', () => {
  const cases: readonly [string, readonly InstanceStats[], string][] = [
    ['nothing is wanted', [], 'up'],
    ['all run and are routable', [instance(), instance({ index: 1 })], 'up'],
    ['a platform without routability', [instance({ routable: null })], 'up'],
    ['one is starting', [instance(), instance({ index: 1, state: 'STARTING' })], 'waiting'],
    ['one is not yet routable', [instance({ routable: false })], 'waiting'],
    ['an instance of the old version runs', [instance({}, { current: false })], 'waiting'],
    ['it crashed once', [instance({ state: 'STARTING' }, { crash: crash(1) })], 'waiting'],
    ['it crashed, then came up', [instance({}, { crash: crash(3) })], 'up'],
    ['it crashed three times', [instance({ state: 'CRASHED' }, { crash: crash(3) })], 'failed'],
    [
      'one of two is hopeless',
      [instance(), instance({ index: 1, state: 'CRASHED' }, { crash: crash(4) })],
      'failed',
    ],
    [
      'it may still bind elsewhere',
      [instance({ state: 'STARTING' }, { listen_problem: loopback })],
      'waiting',
    ],
    [
      'it crashed with a wrong address',
      [instance({ state: 'CRASHED' }, { crash: crash(1), listen_problem: loopback })],
      'failed',
    ],
    ['it runs with a wrong address', [instance({}, { listen_problem: loopback })], 'failed'],
    [
      'the old version has a wrong address',
      [instance({}, { current: false, listen_problem: loopback })],
      'waiting',
    ],
  ];
  for (const [what, instances, verdict] of cases) {
    test(`${what}: ${verdict}`, () => assert.equal(judgeStart(instances).kind, verdict));
  }

  test('counts what is ready', () => {
    const verdict = judgeStart([instance(), instance({ index: 1, state: 'STARTING' })]);
    assert.deepEqual(verdict, { kind: 'waiting', ready: 1, wanted: 2 });
  });
});

describe('unhealthyError', () => {
  test('tells exit status and last lines of a crash', () => {
    const verdict = judgeStart([instance({ state: 'CRASHED' }, { crash: crash(3) })]);
    assert.ok(verdict.kind === 'failed');
    const error = unhealthyError('shop', verdict.failure, { olderServes: true });
    assert.equal(error.code, 'APP_UNHEALTHY');
    assert.equal(error.entry.exit, 6);
    assert.match(error.message, /^shop does not run well: instance 0: Exited with status 3\.$/);
    assert.match(error.next, /The version that ran before keeps serving\.$/);
    assert.equal(error.details['exitStatus'], 3);
    assert.equal(error.details['lastLines'], 'boom\nbang');
  });

  test('names how the app listens, with the fix', () => {
    const verdict = judgeStart([instance({}, { listen_problem: loopback })]);
    assert.ok(verdict.kind === 'failed');
    const error = unhealthyError('shop', verdict.failure, { olderServes: false });
    assert.equal(error.code, 'APP_LOOPBACK_BIND');
    assert.match(error.message, /Expected 0\.0\.0\.0:8080, found 127\.0\.0\.1:8080/);
    assert.match(error.next, /0\.0\.0\.0 and the port in \$PORT, then push again\.$/);
  });
});

describe('ListenWatch', () => {
  const starting = instance({ state: 'STARTING' }, { listen_problem: loopback });
  const elsewhere = instance(
    { state: 'STARTING' },
    { listen_problem: { ...loopback, code: 'APP_WRONG_PORT' } },
  );

  test('hints once, and gives up on an app that stays on loopback', () => {
    const watch = new ListenWatch();
    assert.deepEqual(watch.look([starting], 0), {
      hints: [`instance 0: ${loopback.text}`],
      failure: undefined,
    });
    assert.deepEqual(watch.look([starting], 1_400), { hints: [], failure: undefined });
    assert.equal(watch.look([starting], 1_500).failure?.listenProblem, loopback);
  });

  test('counts anew when the app has let go in between', () => {
    const watch = new ListenWatch();
    watch.look([starting], 0);
    watch.look([instance({ state: 'STARTING' })], 1_000);
    assert.equal(watch.look([starting], 2_000).failure, undefined);
  });

  test('waits for an app that listens elsewhere', () => {
    const watch = new ListenWatch();
    watch.look([elsewhere], 0);
    assert.equal(watch.look([elsewhere], 60_000).failure, undefined);
  });
});

const BECAUSE = 'insufficient resources: 1G of memory needed, the host has 104M free';
const HOMELESS = { state: 'DOWN', details: BECAUSE } as const;

test('instances that no host has room for fail a start when the others are up and it stays so', () => {
  const watch = new RoomWatch();
  const instances = [
    instance({ index: 0 }),
    instance({ index: 1, ...HOMELESS }),
    instance({ index: 2, ...HOMELESS }),
  ];
  assert.equal(watch.look(instances, 0), undefined);
  assert.equal(watch.look(instances, 4_999), undefined);
  const failure = watch.look(instances, 5_000);
  assert.equal(failure?.index, 1);
  assert.equal(failure?.reason, `${BECAUSE} (and 1 more like it)`);
});

test('while others still start, room is not judged', () => {
  const watch = new RoomWatch();
  const starting = [instance({ index: 0, state: 'STARTING' }), instance({ index: 1, ...HOMELESS })];
  assert.equal(watch.look(starting, 0), undefined);
  assert.equal(watch.look(starting, 9_000), undefined);
  assert.equal(
    watch.look([instance({ index: 0 }), instance({ index: 1, ...HOMELESS })], 10_000),
    undefined,
  );
  assert.equal(watch.look([instance({ index: 0 }), instance({ index: 1 })], 20_000), undefined);
});
