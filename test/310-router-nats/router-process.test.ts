import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Bus } from '../../src/bus/bus.ts';
import { silentLog } from '../../src/core/log.ts';
import type { RouterRegister } from '../../src/proto/router-register.ts';
import { SUBJECTS } from '../../src/proto/subjects.ts';
import { eventually } from '../kit/eventually.ts';
import { type NatsServer, startNatsServer } from '../kit/nats-server.ts';
import { type RouterProcess, startRouterProcess } from '../kit/router-process.ts';

let nats: NatsServer;
let bus: Bus;
let app: Server;
let registration: RouterRegister;

before(async () => {
  nats = await startNatsServer();
  bus = await Bus.connect({ servers: [nats.url], name: 'test', log: silentLog });
  app = createServer((incoming, response) => {
    const slowMs = Number(/slow=(\d+)/.exec(incoming.url ?? '')?.[1] ?? 0);
    setTimeout(() => response.end(`hello ${incoming.url}`), slowMs).unref();
  });
  app.listen(0, '127.0.0.1');
  await eventually(() => app.listening);
  const { port } = app.address() as AddressInfo;
  registration = { host: '127.0.0.1', port, uris: ['app.test'], private_instance_id: 'i' };
  const register = () => bus.publish(SUBJECTS.routerRegister, registration);
  bus.subscribe(SUBJECTS.routerStart, register);
  bus.onStatus(status => status === 'reconnected' && register()); // it may have missed the start
  await bus.flush();
});
after(async () => {
  app.closeAllConnections();
  app.close();
  await bus.close();
  await nats.stop();
});

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly error: string | undefined;
}

function get(router: RouterProcess, path = '/', host = 'app.test'): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const { port } = router.ready;
  const headers = { host };
  const outgoing = request({ host: '127.0.0.1', port, path, headers, agent: false }, response => {
    let body = '';
    response.on('data', chunk => {
      body += chunk;
    });
    response.on('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        body,
        error: response.headers['x-cf-routererror'] as string | undefined,
      }),
    );
  });
  outgoing.on('error', reject);
  outgoing.end();
  return promise;
}

async function health(router: RouterProcess): Promise<number> {
  return (await fetch(`http://127.0.0.1:${router.ready.statusPort}/health`)).status;
}

describe('sprue router', () => {
  test('knows its routes when it says that it is ready', async () => {
    await using router = await startRouterProcess(nats.url);
    assert.equal(router.ready.pid, router.child.pid);
    assert.deepEqual(await get(router, '/x'), { status: 200, body: 'hello /x', error: undefined });
    assert.equal(await health(router), 200);
  });

  test('answers 404 for unknown routes and 503 for known ones without an instance', async () => {
    await using router = await startRouterProcess(nats.url);
    const unknown = await get(router, '/', 'nope.test');
    assert.deepEqual([unknown.status, unknown.error], [404, 'unknown_route']);
    const other = { ...registration, uris: ['soon-gone.test'] };
    const ask = { count: 1, timeoutMs: 2_000 };
    await bus.requestMany(SUBJECTS.routerRegister, other, ask);
    assert.equal((await get(router, '/', 'soon-gone.test')).status, 200);
    await bus.requestMany(SUBJECTS.routerUnregister, other, ask);
    const empty = await get(router, '/', 'soon-gone.test');
    assert.deepEqual([empty.status, empty.error], [503, 'no_endpoints']);
  });

  test('routes on while NATS is away', async () => {
    await using router = await startRouterProcess(nats.url, {
      droplet_stale_threshold: '300ms',
      prune_stale_droplets_interval: '50ms',
    });
    await bus.requestMany(SUBJECTS.routerRegister, registration, { count: 1, timeoutMs: 2_000 });
    await nats.kill();
    await delay(700);
    assert.equal((await get(router)).status, 200);
    await nats.resume();
    await eventually(() => bus.connected);
    await eventually(async () => /nats-connection-reconnected/.test(await router.log()));
    assert.match(await router.log(), /nats-connection-disconnected/);
  });

  test('started before NATS waits for it', async () => {
    await nats.kill();
    const starting = startRouterProcess(nats.url);
    await delay(800);
    await nats.resume();
    await using router = await starting;
    assert.match(await router.log(), /nats-connection-failed/);
    await eventually(async () => (await get(router)).status === 200);
  });

  test('refuses a configuration that it does not understand', async () => {
    await assert.rejects(
      startRouterProcess(nats.url, { nats_client_ping_interval: 7 }),
      /nats_client_ping_interval must be a duration/,
    );
  });

  test('says which file it cannot open', async () => {
    await assert.rejects(
      startRouterProcess(nats.url, { access_log: { file: '/nowhere/access.log' } }),
      /access_log\.file cannot be opened .*ENOENT/,
    );
  });

  test('writes one access log line per request', async () => {
    await using router = await startRouterProcess(nats.url);
    await get(router, '/seen?x=1');
    await eventually(async () => (await router.accessLog()).includes('\n'));
    assert.match(
      await router.accessLog(),
      /^app\.test - \[20[^\]]+Z\] "GET \/seen\?x=1 HTTP\/1\.1" 200 0 15 "-" "-" "127\.0\.0\.1:\d+" "127\.0\.0\.1:\d+" x_forwarded_for:"127\.0\.0\.1" x_forwarded_proto:"http" vcap_request_id:"[-0-9a-f]{36}" response_time:0\.\d{6} gorouter_time:0\.\d{6} app_id:"-" app_index:"-" instance_id:"i" x_cf_routererror:"-"\n$/,
    );
  });

  test('shows its routes and counts on the status port', async () => {
    await using router = await startRouterProcess(nats.url);
    await get(router);
    const base = `http://127.0.0.1:${router.ready.statusPort}`;
    const authorization = `Basic ${Buffer.from('status:secret').toString('base64')}`;
    const routes = await fetch(`${base}/routes`, { headers: { authorization } });
    assert.ok('app.test' in ((await routes.json()) as object));
    assert.match(await (await fetch(`${base}/metrics`)).text(), /^total_requests 1$/m);
  });
});

describe('sprue router ends', () => {
  test('on SIGTERM after the requests in flight, with nothing lost', async t => {
    const folder = await mkdtemp(join(tmpdir(), 'sprue-pid-'));
    t.after(() => rm(folder, { recursive: true }));
    const pidFile = join(folder, 'router.pid');
    await using router = await startRouterProcess(nats.url, { pid_file: pidFile });
    assert.equal(await readFile(pidFile, 'utf8'), `${router.child.pid}\n`);
    const running = get(router, '/?slow=700');
    await delay(200);
    router.child.kill('SIGTERM');
    assert.equal((await running).body, 'hello /?slow=700');
    assert.equal(await router.exit(), 0);
    assert.match(await router.accessLog(), /slow=700/);
    await assert.rejects(readFile(pidFile), { code: 'ENOENT' });
    await assert.rejects(get(router), /ECONNREFUSED/);
  });

  test('on SIGUSR1 only after serving on, unhealthy, for drain_wait; later signals are ignored', async () => {
    await using router = await startRouterProcess(nats.url, { drain_wait: '800ms' });
    router.child.kill('SIGUSR1');
    await eventually(async () => (await health(router)) === 503);
    router.child.kill('SIGTERM');
    router.child.kill('SIGUSR1');
    await delay(300);
    assert.equal((await get(router)).status, 200, 'still serving');
    assert.equal(await router.exit(), 0);
  });

  test('at drain_timeout whatever still runs', async () => {
    await using router = await startRouterProcess(nats.url, { drain_timeout: '300ms' });
    const running = get(router, '/?slow=20000');
    running.catch(() => {});
    await delay(200);
    router.child.kill('SIGTERM');
    assert.equal(await router.exit(), 0);
    await assert.rejects(running);
  });

  test('when it is replaced, the new one listens beside it and no request fails', async () => {
    await using former = await startRouterProcess(nats.url);
    const { port } = former.ready;
    let failures = 0;
    let answers = 0;
    let replacing = true;
    const clients = Array.from({ length: 4 }, async () => {
      while (replacing) {
        await get(former).then(
          ({ status }) => (status === 200 ? answers++ : failures++),
          () => failures++,
        );
      }
    });
    await using next = await startRouterProcess(nats.url, { port });
    assert.equal(next.ready.port, port);
    former.child.kill('SIGTERM');
    assert.equal(await former.exit(), 0);
    replacing = false;
    await Promise.all(clients);
    assert.equal(failures, 0, `${answers} answers`);
    assert.ok(answers > 50, `${answers} answers`);
  });
});
