import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { instanceUsageSchema } from '../../src/proto/actual-instance.ts';
import { healthCheckSchema } from '../../src/proto/desired-instance.ts';
import { deaStatsSubject } from '../../src/proto/subjects.ts';
import { enterLab } from '../kit/enter-lab.ts';
import { eventually } from '../kit/eventually.ts';
import { DeaLab, SERVER } from './open-dea.ts';
import { DEA_ID } from './start-agent.ts';

const lab = await DeaLab.open(await enterLab(import.meta.filename));
after(() => lab[Symbol.asyncDispose]());
before(() => lab.start());

test('an instance starts, is routed, answers through its host port, and goes without a trace', async () => {
  const wish = await lab.wish(SERVER, { uris: ['one.example.com', 'one.example.org/path'] });
  await lab.want(wish);
  const running = await lab.running(wish.guid);
  assert.equal(await lab.ask(running), running.instanceId);
  const { host, hostPort } = running.network ?? {};
  assert.deepEqual(lab.router.endpoints('one.example.com'), [`${host}:${hostPort}`]);
  assert.deepEqual(lab.router.endpoints('one.example.org/path'), [`${host}:${hostPort}`]);

  await lab.unwant(wish.guid);
  await lab.gone(wish.guid);
  assert.deepEqual(lab.router.endpoints('one.example.com'), []);
  assert.deepEqual(await lab.warden.list(), []);
  assert.deepEqual(await lab.hostnet.list(), []);
  assert.deepEqual(await readdir(join(lab.stateDir, 'dea/instances')), []);
  assert.deepEqual(await readdir(join(lab.stateDir, 'dea/logs')), []);
});

test('the app’s log and what the cell says about it arrive in order', async () => {
  const wish = await lab.wish(SERVER, { index: 3 });
  await lab.want(wish);
  const { instanceId } = await lab.running(wish.guid);
  await lab.unwant(wish.guid);
  await lab.gone(wish.guid);
  await eventually(async () => (await lab.log(wish.appGuid)).some(r => /destroyed/.test(r.text)));
  const records = await lab.log(wish.appGuid);
  assert.ok(records.every(({ instance }) => instance === '3'));
  const lines = records
    .toSorted((a, b) => Number(BigInt(a.timestampNs) - BigInt(b.timestampNs)))
    .map(({ source, type, text }) => `${source} ${type} ${text}`);
  assert.ok(lines.includes('APP/PROC/WEB ERR a line on stderr'));
  const order = [
    `CELL OUT Cell ${DEA_ID} creating container for instance ${instanceId}`,
    'APP/PROC/WEB OUT listening soon',
    'CELL OUT Container became healthy',
    `CELL OUT Cell ${DEA_ID} stopping instance ${instanceId}`,
    'APP/PROC/WEB OUT got SIGTERM',
    `CELL OUT Cell ${DEA_ID} destroyed container for instance ${instanceId}`,
  ].map(line => lines.indexOf(line));
  assert.ok(!order.includes(-1), lines.join('\n'));
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
    lines.join('\n'),
  );
});

test('the environment inside is what the platform promises, values byte for byte', async () => {
  const nasty = 'a "b" \'c\' $(id) `id` \\ \n\t€ ;&|';
  const wish = await lab.wish(
    {
      ...SERVER,
      'app/.profile.d/a.sh': 'export FROM_PROFILE_D="yes $PORT"',
      'profile.d/b.sh': 'export FROM_DEPS=deps',
      'app/.profile': 'export FROM_PROFILE="$FROM_PROFILE_D!"',
    },
    { env: { NASTY: nasty, PORT: '1' }, vcapApplication: { name: 'shop' }, appPort: 9090 },
  );
  await lab.want(wish);
  const running = await lab.running(wish.guid);
  const env = JSON.parse(await lab.ask(running, '/env')) as Record<string, string>;
  assert.equal(env['NASTY'], nasty);
  assert.equal(env['PORT'], '9090');
  assert.equal(env['CF_INSTANCE_GUID'], running.instanceId);
  assert.equal(env['CF_INSTANCE_ADDR'], `${running.network?.host}:${running.network?.hostPort}`);
  assert.equal(env['CF_INSTANCE_INTERNAL_IP'], running.network?.containerIp);
  assert.equal(env['MEMORY_LIMIT'], '128m');
  assert.equal(env['HOME'], '/home/vcap/app');
  assert.equal(env['PWD'], '/home/vcap/app');
  assert.equal(env['FROM_PROFILE'], 'yes 9090!');
  assert.equal(env['FROM_DEPS'], 'deps');
  assert.equal(JSON.parse(env['VCAP_APPLICATION'] ?? '')['instance_id'], running.instanceId);
  await lab.unwant(wish.guid);
});

test('routes are registered only after the health check has passed', async () => {
  const slow = {
    'app/server.js': `
      setTimeout(() => require('node:http').createServer((_, response) => {
        response.writeHead(globalThis.warm ? 200 : 503).end();
      }).listen(process.env.PORT), 300);
      setTimeout(() => { globalThis.warm = true; }, 900);
    `,
  };
  const healthCheck = healthCheckSchema.parse({ type: 'http', endpoint: '/up' });
  const wish = await lab.wish(slow, { healthCheck, uris: ['slow.example.com'] });
  await lab.want(wish);
  const starting = await lab.reported(wish.guid, report => report.network !== undefined);
  assert.equal(starting.state, 'STARTING');
  assert.equal(lab.router.endpoints('slow.example.com').length, 0);
  const running = await lab.running(wish.guid);
  assert.ok(running.sinceMs - starting.sinceMs >= 800);
  assert.equal(lab.router.endpoints('slow.example.com').length, 1);
  await lab.unwant(wish.guid);
});

test('a change of routes is effective at once and leaves the run alone', async () => {
  const wish = await lab.wish(SERVER, { uris: ['old.example.com'] });
  await lab.want(wish);
  const before = await lab.running(wish.guid);
  await lab.want({ ...wish, uris: ['new.example.com'] });
  await eventually(
    () =>
      lab.router.endpoints('new.example.com').length === 1 &&
      lab.router.endpoints('old.example.com').length === 0,
    1_000,
  );
  assert.equal((await lab.running(wish.guid)).instanceId, before.instanceId);
  await lab.unwant(wish.guid);
});

test('a router that starts is told everything at once', async () => {
  const wish = await lab.wish(SERVER, { uris: ['again.example.com'] });
  await lab.want(wish);
  await lab.running(wish.guid);
  lab.router.table.clear();
  lab.router.start();
  await eventually(() => lab.router.endpoints('again.example.com').length === 1, 500);
  await lab.unwant(wish.guid);
});

test('on stop the route goes first, and requests in flight are answered', async () => {
  const wish = await lab.wish(
    {
      'app/server.js': `
        const server = require('node:http').createServer((request, response) => {
          setTimeout(() => response.end('late'), request.url === '/slow' ? 700 : 0);
        }).listen(process.env.PORT);
        process.on('SIGTERM', () => server.close(() => process.exit(0)));
      `,
    },
    { uris: ['drain.example.com'] },
  );
  await lab.want(wish);
  const running = await lab.running(wish.guid);
  const answer = lab.ask(running, '/slow');
  await new Promise(resolve => setTimeout(resolve, 100));
  await lab.unwant(wish.guid);
  await eventually(() => lab.router.endpoints('drain.example.com').length === 0, 500);
  assert.equal(await answer, 'late');
  await lab.gone(wish.guid);
});

test('an app that ignores SIGTERM is gone after the grace time, its children too', async () => {
  const deaf = `trap '' TERM; sleep 1000 & sleep 1001 & wait; wait; sleep 1000`;
  const healthCheck = healthCheckSchema.parse({ type: 'process' });
  const wish = await lab.wish({}, { startCommand: deaf, healthCheck, uris: [] });
  await lab.want(wish);
  await lab.running(wish.guid);
  const stoppedMs = performance.now();
  await lab.unwant(wish.guid);
  await lab.gone(wish.guid);
  const tookMs = performance.now() - stoppedMs;
  assert.ok(tookMs >= 1_900 && tookMs < 4_000, `took ${tookMs} ms`);
});

test('an app without a SIGTERM handler ends at once', async () => {
  const healthCheck = healthCheckSchema.parse({ type: 'process' });
  const wish = await lab.wish({}, { startCommand: 'exec sleep 1000', healthCheck, uris: [] });
  await lab.want(wish);
  await lab.running(wish.guid);
  const stoppedMs = performance.now();
  await lab.unwant(wish.guid);
  await lab.gone(wish.guid);
  assert.ok(performance.now() - stoppedMs < 1_500);
});

test('several instances run side by side; usage is told on request', async () => {
  const wish = await lab.wish(SERVER);
  const wishes = [0, 1, 2].map(index => ({ ...wish, index, guid: crypto.randomUUID() }));
  for (const one of wishes) await lab.want({ ...one, guid: one.guid as typeof wish.guid });
  const all = await Promise.all(wishes.map(({ guid }) => lab.running(guid as typeof wish.guid)));
  assert.equal(new Set(all.map(({ network }) => network?.hostPort)).size, 3);
  const answer = await lab.bus.request(deaStatsSubject(DEA_ID), {}, 5_000);
  const usages = instanceUsageSchema.array().parse(answer.json());
  const own = usages.filter(({ guid }) => wishes.some(one => one.guid === guid));
  assert.equal(own.length, 3);
  for (const usage of own) {
    assert.ok(usage.memoryBytes > 2 ** 20 && usage.memoryBytes < 2 ** 27, JSON.stringify(usage));
    assert.ok(usage.cpu >= 0 && usage.cpu < 4, JSON.stringify(usage));
  }
  for (const { guid } of wishes) await lab.unwant(guid as typeof wish.guid);
  for (const { guid } of wishes) await lab.gone(guid as typeof wish.guid);
});
