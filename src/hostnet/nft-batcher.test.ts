import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createNftBatcher } from './nft-batcher.ts';

test('createNftBatcher joins what is asked for while a transaction runs', async () => {
  const scripts: string[] = [];
  const apply = createNftBatcher(async script => {
    scripts.push(script);
    await turn();
  });
  await Promise.all(['a', 'b', 'c'].map(apply));
  assert.deepEqual(scripts, ['a', 'bc']);
});

test('createNftBatcher lets one bad change fail alone', async () => {
  const applied: string[] = [];
  const apply = createNftBatcher(async script => {
    await turn();
    if (script.includes('bad')) throw new Error('refused');
    applied.push(script);
  });
  const results = await Promise.allSettled(['a', 'b', 'bad', 'c'].map(apply));
  assert.deepEqual(
    results.map(result => result.status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  );
  assert.deepEqual(applied, ['a', 'b', 'c']);
});

test('createNftBatcher goes on after a failure', async () => {
  const apply = createNftBatcher(async script => {
    if (script === 'bad') throw new Error('refused');
  });
  await assert.rejects(apply('bad'), /refused/);
  await apply('good');
});
