import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCidr, parseIpv4 } from '../core/address.ts';
import { hasCode } from '../core/errors.ts';
import { Allocator, type Cursors, HOST_PORTS } from './allocator.ts';

function open({ cursors = {}, busy = [] }: { cursors?: Cursors; busy?: number[] } = {}) {
  const saved: Cursors[] = [];
  const made = new Allocator({
    range: parseCidr('10.254.0.0/29'),
    cursors,
    clock: { now: () => 0 },
    saveCursors: async cursors => {
      saved.push(cursors);
    },
    isPortBusy: async port => busy.includes(port),
  });
  return { pool: made, saved };
}

test('Allocator hands out neither the network’s first nor its last address', async () => {
  const { pool } = open();
  const all = await Promise.all(Array.from({ length: 6 }, () => pool.takeAddress()));
  assert.deepEqual(all[0], '10.254.0.1');
  assert.deepEqual(all[5], '10.254.0.6');
  await assert.rejects(pool.takeAddress(), error => hasCode(error, 'ADDRESSES_EXHAUSTED'));
});

test('Allocator passes over ports that are busy and keeps them in the pool', async () => {
  const busy = [HOST_PORTS.first];
  const { pool } = open({ busy });
  assert.equal(await pool.takePort(), HOST_PORTS.first + 1);
  busy.pop();
  for (let port = HOST_PORTS.first + 2; port <= HOST_PORTS.last; port++) await pool.takePort();
  assert.equal(await pool.takePort(), HOST_PORTS.first);
  await assert.rejects(pool.takePort(), error => hasCode(error, 'HOST_PORTS_EXHAUSTED'));
});

test('Allocator keeps the cursors on disk ahead of what was handed out', async () => {
  const { pool, saved } = open();
  for (let taken = 0; taken < 200; taken++) {
    const port = await pool.takePort();
    assert.ok((saved.at(-1)?.nextPort ?? 0) > port);
  }
  assert.ok(saved.length <= 4, `${saved.length} writes for 200 numbers`);
});

test('Allocator goes on where an earlier process stopped', async () => {
  const { pool } = open({ cursors: { nextPort: 62_000 } });
  assert.equal(await pool.takePort(), 62_000);
});

test('Allocator does not hand out what it adopted', async () => {
  const { pool } = open();
  pool.hold(parseIpv4('10.254.0.1'), undefined);
  assert.equal(await pool.takeAddress(), '10.254.0.2');
});

test('Allocator fails when the cursors cannot be saved, and tries again the next time', async () => {
  let full = true;
  const pool = new Allocator({
    range: parseCidr('10.254.0.0/29'),
    cursors: {},
    clock: { now: () => 0 },
    saveCursors: async () => {
      if (full) throw new Error('disk full');
    },
    isPortBusy: async () => false,
  });
  await assert.rejects(pool.takePort(), /disk full/);
  full = false;
  assert.equal(await pool.takePort(), HOST_PORTS.first + 1);
});
