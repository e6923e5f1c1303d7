import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { run } from '../../src/exec/run.ts';
import { healthCheckSchema } from '../../src/proto/desired-instance.ts';
import { enterLab } from '../kit/enter-lab.ts';
import { eventually } from '../kit/eventually.ts';
import { DeaLab, SERVER } from './open-dea.ts';

const lab = await DeaLab.open(await enterLab(import.meta.filename));
after(() => lab[Symbol.asyncDispose]());
before(() => lab.start());

const processCheck = healthCheckSchema.parse({ type: 'process' });

test('kill -9 of an app: replaced, healthy and routed within 5 s, on another port', async () => {
  const wish = await lab.wish(SERVER, { uris: ['kill.example.com'] });
  await lab.want(wish);
  const first = await lab.running(wish.guid);
  const own = (await lab.warden.list()).find(({ instanceId }) => instanceId === first.instanceId);
  const [, child] = await processTree(own?.pid ?? 0);
  assert.ok(child !== undefined);
  const killedMs = performance.now();
  process.kill(child, 'SIGKILL');
  const second = await lab.reported(
    wish.guid,
    report =>
      report.instanceId !== first.instanceId && report.state === 'RUNNING' && report.routable,
  );
  const tookMs = performance.now() - killedMs;
  assert.ok(tookMs < 5_000, `took ${tookMs} ms`);
  assert.equal(second.crash?.reason, 'Exited with status 137');
  assert.equal(second.crash?.count, 1);
  assert.notEqual(second.network?.hostPort, first.network?.hostPort);
  assert.equal(await lab.ask(second), second.instanceId);
  const { host, hostPort } = second.network ?? {};
  assert.deepEqual(lab.router.endpoints('kill.example.com'), [`${host}:${hostPort}`]);
  await lab.unwant(wish.guid);
});

test('an app that exits at once: status, last lines, three restarts, then a pause', async () => {
  const wish = await lab.wish(
    {},
    { startCommand: 'echo first; echo second >&2; exit 7', healthCheck: processCheck, uris: [] },
  );
  await lab.want(wish);
  const waiting = await lab.reported(wish.guid, ({ crash }) => crash?.count === 4, 20_000);
  assert.equal(waiting.state, 'CRASHED');
  assert.equal(waiting.crash?.reason, 'Exited with status 7');
  assert.equal(waiting.crash?.exitStatus, 7);
  assert.deepEqual(waiting.crash?.lastLines.toSorted(), ['first', 'second']);
  assert.equal((waiting.crash?.nextStartMs ?? 0) - waiting.crash.atMs, 30_000);
  await eventually(async () => (await lab.warden.list()).length <= 1); // another test's may be there
  await eventually(async () => (await lab.output(wish.appGuid)).length === 8);
  const cell = (await lab.log(wish.appGuid)).filter(({ source }) => source === 'CELL');
  assert.equal(cell.filter(({ text }) => text === 'Exit status 7').length, 4);
  await lab.unwant(wish.guid);
  await lab.gone(wish.guid);
});

test('an app that fills more disk than it may is ended, and the space is free again', async () => {
  const startCommand = 'head -c 200M /dev/zero > ~/big; sleep 60';
  const wish = await lab.wish(
    {},
    { startCommand, diskMib: 64, healthCheck: processCheck, uris: [] },
  );
  await lab.want(wish);
  const first = await lab.running(wish.guid);
  const crashed = await lab.reported(wish.guid, ({ crash }) => crash !== undefined, 20_000);
  assert.equal(crashed.crash?.reason, 'out of disk (64M)');
  await eventually(async () =>
    (await lab.warden.list()).every(({ instanceId }) => instanceId !== first.instanceId),
  );
  await lab.unwant(wish.guid);
  await lab.gone(wish.guid);
});

test('an app that uses too much memory is reported as such', async () => {
  const hungry = {
    'app/server.js': 'const all = []; for (;;) all.push(Buffer.alloc(2 ** 20, 1));',
  };
  const wish = await lab.wish(hungry, { memoryMib: 64, uris: [] });
  await lab.want(wish);
  const crashed = await lab.reported(wish.guid, ({ crash }) => crash !== undefined, 20_000);
  assert.equal(crashed.crash?.reason, 'out of memory (64M)');
  await lab.unwant(wish.guid);
  await lab.gone(wish.guid);
});

test('an app bound to loopback is named while it starts, and in the crash', async () => {
  const server = 'require("node:http").createServer().listen(process.env.PORT, "127.0.0.1");';
  const healthCheck = healthCheckSchema.parse({ type: 'port', startTimeoutSec: 5 });
  const wish = await lab.wish({ 'app/server.js': server }, { healthCheck });
  await lab.want(wish);
  const early = await lab.reported(wish.guid, ({ listenProblem }) => listenProblem !== undefined);
  assert.equal(early.state, 'STARTING');
  assert.equal(early.listenProblem?.code, 'APP_LOOPBACK_BIND');
  const crashed = await lab.reported(wish.guid, ({ crash }) => crash !== undefined);
  assert.match(
    crashed.crash?.reason ?? '',
    /listens on 127\.0\.0\.1:8080 only.*not healthy within 5 s \(\d+ probes; .*connection refused/,
  );
  await lab.unwant(wish.guid);
  await lab.gone(wish.guid);
});

test('an app on another port, and one that does not listen, are told apart', async () => {
  const healthCheck = healthCheckSchema.parse({ type: 'port', startTimeoutSec: 2 });
  const other = { 'app/server.js': 'require("node:http").createServer().listen(3000);' };
  const silent = { 'app/server.js': 'setInterval(() => {}, 1000);' };
  const wishes = [
    { wish: await lab.wish(other, { healthCheck }), code: 'APP_WRONG_PORT' },
    { wish: await lab.wish(silent, { healthCheck }), code: 'APP_NOT_LISTENING' },
  ];
  for (const { wish } of wishes) await lab.want(wish);
  for (const { wish, code } of wishes) {
    const crashed = await lab.reported(wish.guid, ({ state }) => state === 'CRASHED');
    assert.equal(crashed.listenProblem?.code, code);
    await lab.unwant(wish.guid);
    await lab.gone(wish.guid);
  }
});

test('a running app that stops answering is replaced', async () => {
  const wish = await lab.wish(
    {
      'app/server.js': `
        let healthy = true;
        require('node:http').createServer((request, response) => {
          if (request.url === '/sicken') healthy = false;
          response.writeHead(healthy ? 200 : 500).end(process.env.CF_INSTANCE_GUID);
        }).listen(process.env.PORT);
      `,
    },
    { healthCheck: healthCheckSchema.parse({ type: 'http' }) },
  );
  await lab.want(wish);
  const first = await lab.running(wish.guid);
  await lab.ask(first, '/sicken');
  const second = await lab.reported(
    wish.guid,
    report => report.instanceId !== first.instanceId && report.state === 'RUNNING',
  );
  assert.match(second.crash?.reason ?? '', /failed its health check 3 times in a row.*status 500/);
  await lab.unwant(wish.guid);
  await lab.gone(wish.guid);
});

test('a droplet that is missing or damaged is a crash with a reason, and leaves nothing', async () => {
  const absent = await lab.wish(SERVER);
  await lab.want({ ...absent, dropletGuid: absent.guid });
  const crashed = await lab.reported(absent.guid, ({ crash }) => crash !== undefined);
  assert.match(crashed.crash?.reason ?? '', /^failed to start: The object .* is not in the blob/);
  await lab.unwant(absent.guid);
  await lab.gone(absent.guid);
  const evil = await lab.wish({ '../evil': 'x' });
  await lab.want(evil);
  const refused = await lab.reported(evil.guid, ({ crash }) => crash !== undefined);
  assert.match(refused.crash?.reason ?? '', /cannot be unpacked: “\.\.\/evil” in it lies outside/);
  await lab.unwant(evil.guid);
  await lab.gone(evil.guid);
  await eventually(async () => (await lab.hostnet.list()).length === 0);
  assert.deepEqual(await lab.warden.list(), []);
});

/** A process and its children. */
async function processTree(pid: number): Promise<number[]> {
  const { stdout } = await run(['pgrep', '-P', String(pid)]);
  return [pid, ...stdout.trim().split('\n').map(Number)];
}
