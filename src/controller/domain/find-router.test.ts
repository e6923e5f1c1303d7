import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpv4 } from '../../core/address.ts';
import { hasCode } from '../../core/errors.ts';
import { findRouter } from './find-router.ts';

const [A, B] = [parseIpv4('10.0.0.11'), parseIpv4('10.0.0.12')];
const ROUTERS = [
  { id: '0-aaa', address: A, name: 'router-1' },
  { id: '1-bbb', address: A, name: 'router-1' }, // another process of the same machine
  { id: '0-ccc', address: B, name: 'router-2' },
];

test('findRouter() takes host name, address and id', () => {
  for (const text of ['router-1', '10.0.0.11', '1-bbb']) assert.equal(findRouter(text, ROUTERS), A);
  assert.equal(findRouter('router-2', ROUTERS), B);
});

test('findRouter() tells who is there, and when a name is not enough', () => {
  assert.throws(
    () => findRouter('router-3', ROUTERS),
    thrown =>
      hasCode(thrown, 'ROUTER_UNKNOWN') &&
      thrown.details['known'] === 'router-1 (10.0.0.11), router-2 (10.0.0.12)',
  );
  const twins = [...ROUTERS, { id: '0-ddd', address: parseIpv4('10.0.0.13'), name: 'router-1' }];
  assert.throws(
    () => findRouter('router-1', twins),
    thrown =>
      hasCode(thrown, 'ROUTER_AMBIGUOUS') && thrown.details['addresses'] === '10.0.0.11, 10.0.0.13',
  );
});
