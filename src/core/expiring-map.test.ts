import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { ExpiringMap } from './expiring-map.ts';

test('ExpiringMap ends each entry once: by time, by hand or at the end; and keeps to its limit', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const ended: string[] = [];
    const map = new ExpiringMap<number>(2, key => void ended.push(key));
    assert.equal(map.add('a', 1, 100), true);
    assert.equal(map.add('b', 2, 200), true);
    assert.equal(map.add('c', 3, 100), false, 'full');
    assert.deepEqual([map.get('a'), map.has('c'), map.size], [1, false, 2]);
    mock.timers.tick(100);
    assert.deepEqual([ended, map.get('a')], [['a'], undefined]);
    map.delete('b');
    map.delete('b');
    mock.timers.tick(200);
    assert.deepEqual(ended, ['a', 'b']);
    map.add('d', 4, 100);
    map.clear();
    assert.deepEqual([ended, map.values()], [['a', 'b', 'd'], []]);
  } finally {
    mock.timers.reset();
  }
});
