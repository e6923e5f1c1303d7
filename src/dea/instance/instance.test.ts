import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { type TestContext, test } from 'node:test';
import { eventually } from '../../../test/kit/eventually.ts';
import { poll } from '../../core/wait.ts';
import type { ActualInstance, InstanceState } from '../../proto/actual-instance.ts';
import { healthCheckSchema } from '../../proto/desired-instance.ts';
import { desiredInstance } from '../fakes/desired.ts';
import { FakeHost } from '../fakes/fake-host.ts';
import { Instance } from './instance.ts';

const processCheck = healthCheckSchema.parse({ type: 'process' });

async function lab(t: TestContext) {
  const fake = await FakeHost.make();
  const started: Instance[] = [];
  t.after(async () => {
    await Promise.all(started.map(instance => instance.leave()));
    await fake[Symbol.asyncDispose]();
  });
  const begin = (desired = desiredInstance({ healthCheck: processCheck })) => {
    const instance = new Instance(Instance.fresh(desired, Date.now()), fake.host());
    started.push(instance);
    const report = () => fake.actual.get(`dea-1.instance.${desired.guid}`);
    /** Resolves with the first report that fits. */
    const reported = async (
      state: InstanceState,
      fits: (report: ActualInstance) => boolean = () => true,
    ): Promise<ActualInstance> => {
      const seen = () => {
        const now = report();
        return now?.state === state && fits(now) ? now : undefined;
      };
      const found = await poll(seen, { intervalMs: 2, timeoutMs: 3_000 });
      assert.ok(found, `never ${state}; last: ${JSON.stringify(report())}`);
      return found;
    };
    return { instance, desired, report, reported };
  };
  return { fake, begin };
}

test('Instance: starts in order, then registers', async t => {
  const { fake, begin } = await lab(t);
  const { reported } = begin();
  const running = await reported('RUNNING', report => report.routable);
  assert.deepEqual(fake.calls, [
    'download',
    'attach',
    'create',
    'own',
    'start',
    'register shop.example.com',
  ]);
  assert.deepEqual(running.network, {
    host: '192.0.2.7',
    hostPort: 61_001,
    containerIp: '127.0.0.1',
    containerPort: 8080,
    veth: `w-${running.instanceId.slice(0, 8)}`,
  });
  assert.equal((await fake.records.load(fake.host().log))[0]?.status.state, 'RUNNING');
});

test('Instance: stops in order: route, SIGTERM, container, network, port, report', async t => {
  const { fake, begin } = await lab(t);
  const { instance, reported, report } = begin();
  await reported('RUNNING', now => now.routable);
  fake.calls.length = 0;
  instance.unwant();
  await instance.ended;
  assert.deepEqual(fake.calls, [
    'unregister shop.example.com',
    'SIGTERM',
    'destroy',
    'detach',
    'freePort 61001',
  ]);
  assert.equal(report(), undefined);
  assert.deepEqual(await fake.records.load(fake.host().log), []);
});

test('Instance: SIGKILL when SIGTERM does not help; the port rests when routers are silent', async t => {
  const { fake, begin } = await lab(t);
  const { instance, reported } = begin();
  await reported('RUNNING', now => now.routable);
  fake.ignoresTerm = true;
  fake.routersConfirm = false;
  fake.calls.length = 0;
  instance.unwant();
  await instance.ended;
  assert.deepEqual(fake.calls, [
    'unregister shop.example.com',
    'SIGTERM',
    'SIGKILL',
    'destroy',
    'detach',
  ]);
});

for (const verb of ['attach', 'download', 'create', 'own', 'start']) {
  test(`Instance: when “${verb}” fails, nothing is left, and it starts again`, async t => {
    const { fake, begin } = await lab(t);
    fake.failing.add(verb);
    const { reported } = begin();
    const running = await reported('RUNNING', report => report.routable);
    assert.equal(running.crash?.count, 1);
    assert.match(running.crash.reason, new RegExp(`failed to start: ${verb} failed`));
    assert.deepEqual([...fake.containers.keys()], [running.instanceId]);
    assert.deepEqual([...fake.attachments.keys()], [running.instanceId]);
    assert.ok(!fake.said.some(line => line.startsWith('Exit status')));
  });
}

test('Instance: a crash is reported, cleared away and answered by a new run', async t => {
  const { fake, begin } = await lab(t);
  const { reported } = begin();
  const first = await reported('RUNNING', report => report.routable);
  fake.exit(first.instanceId, 1);
  const second = await reported('RUNNING', report => report.instanceId !== first.instanceId);
  assert.equal(second.crash?.count, 1);
  assert.equal(second.crash.reason, 'Exited with status 1');
  assert.equal(second.crash.exitStatus, 1);
  assert.deepEqual(second.crash.lastLines, ['last words']);
  assert.deepEqual([...fake.containers.keys()], [second.instanceId]);
  assert.ok(fake.calls.includes('unregister shop.example.com'));
  assert.ok(fake.calls.includes('freePort 61001'));
  assert.ok(fake.said.includes('Exit status 1'));
});

test('Instance: the fourth crash in a row waits; unwanted then, it goes at once', async t => {
  const { fake, begin } = await lab(t);
  const { instance, reported } = begin();
  for (let crashes = 0; crashes < 4; crashes++) {
    const { instanceId } = await reported(
      'RUNNING',
      ({ crash }) => (crash?.count ?? 0) === crashes,
    );
    fake.exit(instanceId, 137, true);
  }
  const crashed = await reported('CRASHED', ({ crash }) => crash?.count === 4);
  assert.equal(crashed.crash?.reason, 'out of memory (512M)');
  assert.equal((crashed.crash.nextStartMs ?? 0) - crashed.sinceMs, 30_000);
  await eventually(() => fake.containers.size === 0);
  instance.unwant();
  await instance.ended;
});

test('Instance: unwanted while it starts, it is undone', async t => {
  const { fake, begin } = await lab(t);
  const neverHealthy = desiredInstance({ appPort: 9 });
  const { instance, reported } = begin(neverHealthy);
  await reported('STARTING', report => report.network !== undefined);
  instance.unwant();
  await instance.ended;
  assert.equal(fake.containers.size, 0);
  assert.equal(fake.attachments.size, 0);
  assert.equal(fake.actual.size, 0);
});

test('Instance: becomes RUNNING only when its health check says so', async t => {
  const { begin } = await lab(t);
  const app = createServer();
  const { reported, report } = begin(desiredInstance({ appPort: await portOf(app) }));
  await reported('STARTING', now => now.network !== undefined);
  await new Promise(resolve => setTimeout(resolve, 50));
  assert.equal(report()?.state, 'STARTING');
  await listen(t, app, report()?.network?.containerPort ?? 0);
  await reported('RUNNING');
});

test('Instance: a wrong way to listen is told while it starts and in the crash', async t => {
  const { fake, begin } = await lab(t);
  const appPort = await portOf(createServer());
  fake.sockets = [{ address: '127.0.0.1', port: appPort }];
  const healthCheck = healthCheckSchema.parse({ type: 'port', startTimeoutSec: 1.5 });
  const { reported } = begin(desiredInstance({ appPort, healthCheck }));
  const early = await reported('STARTING', report => report.listenProblem !== undefined);
  assert.equal(early.listenProblem?.code, 'APP_LOOPBACK_BIND');
  const crashed = await reported('STARTING', report => report.crash !== undefined);
  assert.match(
    crashed.crash?.reason ?? '',
    /^The app listens on 127.0.0.1:\d+ only.* Instance not healthy within 1.5 s \(\d+ probes; /,
  );
});

test('Instance: a running app that stops answering is replaced', async t => {
  const { begin } = await lab(t);
  const app = createServer(socket => socket.destroy());
  const appPort = await listen(t, app, 0);
  const { reported } = begin(desiredInstance({ appPort }));
  const first = await reported('RUNNING');
  app.close();
  const second = await reported('STARTING', report => report.instanceId !== first.instanceId);
  assert.match(second.crash?.reason ?? '', /failed its health check 3 times in a row/);
});

test('Instance.want: other URIs are announced at once, the run stays', async t => {
  const { fake, begin } = await lab(t);
  const { instance, desired, reported, report } = begin();
  const before = await reported('RUNNING', now => now.routable);
  instance.want({ ...desired, uris: ['a.example.com', 'b.example.com'] });
  await eventually(() => fake.calls.at(-1) === 'register a.example.com,b.example.com');
  assert.equal(report()?.instanceId, before.instanceId);
});

test('Instance.want: another version replaces the run', async t => {
  const { fake, begin } = await lab(t);
  const { instance, desired, reported } = begin();
  const before = await reported('RUNNING', report => report.routable);
  instance.want({ ...desired, version: desiredInstance().version });
  const after = await reported('RUNNING', report => report.instanceId !== before.instanceId);
  assert.notEqual(after.version, before.version);
  assert.equal(after.crash, undefined);
  assert.deepEqual([...fake.containers.keys()], [after.instanceId]);
});

test('Instance: wanted again while it stops, it starts again', async t => {
  const { fake, begin } = await lab(t);
  const { instance, desired, reported } = begin();
  const before = await reported('RUNNING', report => report.routable);
  instance.unwant();
  await reported('STOPPING');
  instance.want(desired);
  const after = await reported('RUNNING', report => report.instanceId !== before.instanceId);
  assert.equal(after.crash, undefined);
  assert.equal(fake.containers.size, 1);
});

test('Instance: routers that do not confirm are told again, until they do', async t => {
  const { fake, begin } = await lab(t);
  fake.routersConfirm = false;
  const { reported } = begin();
  await reported('RUNNING', report => !report.routable);
  await eventually(() => fake.calls.filter(call => call.startsWith('register')).length > 1);
  fake.routersConfirm = true;
  await reported('RUNNING', report => report.routable);
});

test('Instance.leave: leaves the run alone; the next agent takes it up', async t => {
  const { fake, begin } = await lab(t);
  const { instance, desired, reported, report } = begin();
  const running = await reported('RUNNING', now => now.routable);
  fake.calls.length = 0;
  await instance.leave();
  assert.deepEqual(fake.calls, []);
  assert.ok(instance.run !== undefined);
  const successor = new Instance(
    { desired, status: instance.status, run: instance.run },
    fake.host(),
  );
  await eventually(() => fake.calls.length > 0);
  assert.deepEqual(fake.calls, ['register shop.example.com']);
  assert.equal(report()?.instanceId, running.instanceId);
  successor.unwant();
  await successor.ended;
  assert.equal(fake.containers.size, 0);
});

async function listen(t: TestContext, server: Server, port: number): Promise<number> {
  t.after(() => server.close());
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A port that is free, found by taking it for a moment. */
async function portOf(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}
