import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../../src/exec/run.ts';
import { findForeignDrops } from '../../src/hostnet/foreign-drops.ts';
import { enterLab } from '../kit/enter-lab.ts';
import { LAB } from '../kit/net-lab.ts';
import { CONTAINER_PORT, inside, openNetwork } from './open-network.ts';

const lab = await enterLab(import.meta.filename);

test('findForeignDrops names the chain that blocks the route, and its remedy opens it', async () => {
  await using net = await openNetwork(lab);
  assert.deepEqual(await findForeignDrops(), []);

  const docker =
    'table inet guard { chain pass { type filter hook forward priority 0; policy drop; }; }\n';
  await run(['nft', '-f', '-'], { input: docker });
  const container = await net.container();
  await using app = await inside(container).worker();
  await using client = await lab.outside.worker();
  await app.listenTcp({ host: '0.0.0.0', port: CONTAINER_PORT });
  const target = { host: LAB.hostAddress, port: container.mapping?.hostPort ?? 0 };
  assert.ok(!(await client.connectTcp({ ...target, timeoutMs: 200 })).ok, 'it does block');

  const [drop, ...rest] = await findForeignDrops();
  assert.equal(drop?.chain, 'inet guard pass');
  assert.equal(rest.length, 0);
  await run(['nft', '-f', '-'], { input: `${drop.remedy.replaceAll('nft ', '')}\n` });
  assert.ok((await client.connectTcp(target)).ok, 'the remedy does help');
  await run(['nft', 'delete', 'table', 'inet', 'guard']);
});
