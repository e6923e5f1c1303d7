import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseDea, type Host } from './choose-dea.ts';

function host(id: string, memoryMib: number, reservedMib: number, siblings = 0): Host {
  return { id, memoryMib, reservedMib, siblings };
}

test('chooseDea spreads first, then takes the roomiest', () => {
  const spread = chooseDea(100, [host('a', 1000, 0, 1), host('b', 500, 0, 0)]);
  assert.deepEqual(spread.placed && spread.deaId, 'b');
  const roomy = chooseDea(100, [host('a', 1000, 800), host('b', 500, 0)]);
  assert.deepEqual(roomy.placed && roomy.deaId, 'b');
  const equal = chooseDea(100, [host('b', 500, 0), host('a', 500, 0)]);
  assert.deepEqual(equal.placed && equal.deaId, 'a', 'the same answer every time');
});

test('chooseDea says which rule decided, and what else there was', () => {
  const spread = chooseDea(100, [host('a', 1000, 0, 1), host('b', 500, 0, 0)]);
  assert.equal(spread.because, 'fewest of its instances (0), 500M free');
  assert.deepEqual(spread.placed && spread.hosts, [
    { deaId: 'b', freeMib: 500, siblings: 0 },
    { deaId: 'a', freeMib: 1000, siblings: 1 },
  ]);
  const roomy = chooseDea(100, [host('a', 1000, 800, 2), host('b', 500, 0, 2)]);
  assert.equal(roomy.because, '2 of its instances there, and the most memory: 500M free');
  const equal = chooseDea(100, [host('b', 500, 0), host('a', 500, 0)]);
  assert.equal(
    equal.because,
    'none of its instances there, 500M free; others are equal, first by name',
  );
  assert.equal(chooseDea(100, [host('a', 500, 0)]).because, 'the only host, 500M free');
  const full = chooseDea(100, [host('a', 500, 0), host('b', 500, 450)]);
  assert.equal(full.because, 'the only host with room, 500M free');
  const many = Array.from({ length: 40 }, (_, index) => host(`h${index}`, 500, 0));
  const among = chooseDea(100, many);
  assert.equal(among.placed && among.hosts.length, 10);
});

test('chooseDea explains why there is no room', () => {
  assert.deepEqual(chooseDea(100, []), {
    placed: false,
    because: 'no host that runs apps is there',
  });
  const one = chooseDea(512, [host('a', 600, 500)]);
  assert.equal(one.placed, false);
  assert.equal(
    one.because,
    'insufficient resources: 512M of memory needed, the host has 100M free',
  );
  const two = chooseDea(512, [host('a', 600, 500), host('b', 600, 700)]);
  assert.match(two.because, /no host has more than 100M free/);
});

test('chooseDea fills a host to the last byte', () => {
  assert.equal(chooseDea(100, [host('a', 600, 500)]).placed, true);
  assert.equal(chooseDea(101, [host('a', 600, 500)]).placed, false);
});
