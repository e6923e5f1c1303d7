import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newGuid, newInstanceId } from '../../core/ids.ts';
import type { ActualInstance } from '../../proto/actual-instance.ts';
import type { DesiredInstance } from '../../proto/desired-instance.ts';
import { OrphanedRoutes } from './orphaned-routes.ts';

const appGuid = newGuid();
const wish = { appGuid, deaId: 'dea-1', index: 2, uris: ['shop.example.com'] } as DesiredInstance;
const actual = {
  instanceId: newInstanceId(),
  network: { host: '10.0.0.1', hostPort: 61001 },
} as ActualInstance;
const gone = { isGone: () => true };

test('a route is withdrawn once, and only when another instance serves', () => {
  const orphans = new OrphanedRoutes();
  orphans.note(wish, actual);
  assert.deepEqual(orphans.take(appGuid, { serves: false, ...gone }), []);
  const [route] = orphans.take(appGuid, { serves: true, ...gone });
  assert.deepEqual(
    [route?.host, route?.port, route?.uris, route?.private_instance_id],
    ['10.0.0.1', 61001, ['shop.example.com'], actual.instanceId],
  );
  assert.deepEqual(orphans.take(appGuid, { serves: true, ...gone }), []);
});

test('a host that came back is left alone', () => {
  const orphans = new OrphanedRoutes();
  orphans.note(wish, actual);
  assert.deepEqual(orphans.take(appGuid, { serves: false, isGone: () => false }), []);
  assert.deepEqual(orphans.take(appGuid, { serves: true, ...gone }), []);
});

test('what never had an address or a route leaves nothing behind', () => {
  const orphans = new OrphanedRoutes();
  orphans.note(wish, undefined);
  orphans.note({ ...wish, uris: [] }, actual);
  assert.deepEqual(orphans.take(appGuid, { serves: true, ...gone }), []);
});
