import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { poll } from '../../src/core/wait.ts';
import { enterLab } from '../kit/enter-lab.ts';
import { EXAMPLES, openStager, zipOfFolder } from './open-stager.ts';

await enterLab(import.meta.filename);
const staging = await openStager();
after(() => staging[Symbol.asyncDispose]());

async function get(url: string): Promise<Response> {
  const response = await poll(() => fetch(url).catch(() => undefined), {
    intervalMs: 30,
    timeoutMs: 10_000,
  });
  assert.ok(response, `${url} answers`);
  return response;
}

test('hello-node: staged without npm, and runs', async () => {
  const zip = await zipOfFolder(join(EXAMPLES, 'hello-node'));
  const staged = await staging.stage(zip);
  const { result, output, task } = staged;
  assert.equal(result.state, 'STAGED', JSON.stringify(staged));
  assert.deepEqual(result.processTypes, { web: 'node server.js' });
  assert.deepEqual(result.buildpacks, [{ name: 'nodejs', detectOutput: 'nodejs' }]);
  assert.match(result.dropletDigest, /^SHA-256=/);
  assert.equal((await staging.droplets.info(task.dropletGuid))?.sizeBytes, result.dropletSizeBytes);
  assert.ok(output.includes('OUT        No dependencies to install'), output.join('\n'));
  const contents = await staging.contents(task);
  for (const path of ['app/server.js', 'staging_info.yml', 'profile.d/000_deps.sh']) {
    assert.ok(contents.includes(path), path);
  }
  await staging.running(staged, async address => {
    const text = await (await get(`http://${address}/`)).text();
    assert.match(text, /Hello from hello-node, instance 0/);
  });
});

test('hello-python: a virtual environment, the Procfile’s command, and runs', async () => {
  const staged = await staging.stage(await zipOfFolder(join(EXAMPLES, 'hello-python')));
  assert.equal(staged.result.state, 'STAGED', JSON.stringify(staged));
  assert.deepEqual(staged.result.processTypes, { web: 'python server.py' });
  await staging.running(staged, async address => {
    assert.match(await (await get(`http://${address}/`)).text(), /Hello from hello-python/);
  });
});

test('static-site: served by the platform’s server', async () => {
  const staged = await staging.stage(await zipOfFolder(join(EXAMPLES, 'static-site')));
  assert.equal(staged.result.state, 'STAGED', JSON.stringify(staged));
  assert.equal(staged.result.buildpacks[0]?.name, 'staticfile');
  await staging.running(staged, async address => {
    const page = await get(`http://${address}/`);
    assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.match(await page.text(), /It is served/);
    assert.equal((await get(`http://${address}/nothing`)).status, 404);
    assert.equal((await get(`http://${address}/manifest.yml`)).status, 404);
  });
});

test('websocket-chat: everybody hears everybody', async () => {
  const staged = await staging.stage(await zipOfFolder(join(EXAMPLES, 'websocket-chat')));
  assert.equal(staged.result.state, 'STAGED', JSON.stringify(staged));
  await staging.running(staged, async address => {
    await get(`http://${address}/`);
    const heard: string[] = [];
    const sockets = await Promise.all(
      ['one', 'two'].map(async name => {
        const socket = new WebSocket(`ws://${address}/`);
        socket.addEventListener('message', event => heard.push(`${name}: ${event.data}`));
        await new Promise(resolve => socket.addEventListener('open', resolve));
        return socket;
      }),
    );
    sockets[0]?.send('grüezi '.repeat(1000));
    const complete = await poll(() => (heard.length === 4 ? true : undefined), {
      intervalMs: 10,
      timeoutMs: 5000,
    });
    for (const socket of sockets) socket.close();
    assert.ok(complete, heard.join('\n'));
    assert.deepEqual(heard.filter(line => line.endsWith('grüezi ')).length, 2);
  });
});

test('nothing of the builds is left but the droplets', async () => {
  assert.deepEqual(await staging.remains(), []);
});
