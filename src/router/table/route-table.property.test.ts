import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NaiveTable } from '../../../test/kit/naive-route-table.ts';
import { Random } from '../../../test/kit/random.ts';
import { registryMessage } from '../../../test/kit/registry-message.ts';
import { RouteTable } from './route-table.ts';

const STALE_MS = 120_000;
const HOSTS = ['a.test', 'b.a.test', 'A.Test', 'c.b.a.test', '*.a.test', '*.test', '*.b.a.test'];
const PATHS = ['', '/', '/x', '/x/y', '/X/y/z/', '/x//y', '/xx', '/x?q=1'];
const ASKED_HOSTS = [
  'a.test',
  'B.A.TEST:8080',
  'c.b.a.test',
  'd.c.b.a.test',
  'q.test',
  'test',
  'z',
];
const ASKED_TARGETS = ['/', '/x', '/X/Y/z/w', '/x/y?x=/x', '/x//y/', '/xx/y', '/xyz', '*', '?x'];

function randomMessage(random: Random) {
  const count = 1 + random.below(3);
  return registryMessage({
    host: `10.0.0.${random.below(3)}`,
    port: 61_001 + random.below(2),
    uris: Array.from({ length: count }, () => random.pick(HOSTS) + random.pick(PATHS)),
    instanceId: random.pick(['', 'i-1', 'i-2']),
    staleThresholdMs: random.chance(0.2) ? 40_000 : 0,
  });
}

function assertSame(table: RouteTable, naive: NaiveTable, trail: string): void {
  assert.equal(table.uriCount, naive.uris.length, trail);
  assert.equal(table.endpointCount, naive.endpointCount, trail);
  assert.deepEqual([...table.pools()].map(({ uri }) => uri).sort(), naive.uris.sort(), trail);
  for (const host of ASKED_HOSTS) {
    for (const target of ASKED_TARGETS) {
      const pool = table.lookup(host, target);
      const found = pool && { uri: pool.uri, keys: pool.endpoints.map(({ key }) => key).sort() };
      assert.deepEqual(found, naive.lookup(host, target), `${host} ${target} after ${trail}`);
    }
  }
}

for (const emptyPoolTimeoutMs of [0, 60_000]) {
  for (let seed = 1; seed <= 20; seed++) {
    test(`RouteTable agrees with the naive table: empty pools ${emptyPoolTimeoutMs} ms, seed ${seed}`, () => {
      const random = new Random(seed);
      const table = new RouteTable({ staleThresholdMs: STALE_MS, emptyPoolTimeoutMs });
      const naive = new NaiveTable(STALE_MS, emptyPoolTimeoutMs);
      let nowMs = 1_000_000;
      for (let step = 0; step < 120; step++) {
        nowMs += random.below(20_000);
        const message = randomMessage(random);
        const action = random.pick(['register', 'register', 'unregister', 'prune', 'renewAll']);
        for (const each of [table, naive]) {
          if (action === 'register') each.register(message, nowMs);
          else if (action === 'unregister') each.unregister(message, nowMs);
          else if (action === 'prune') each.prune(nowMs);
          else if (step % 10 === 0) each.renewAll(nowMs);
        }
        assertSame(table, naive, `step ${step}: ${action} ${JSON.stringify(message)}`);
      }
    });
  }
}
