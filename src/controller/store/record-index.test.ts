import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anApp, aProcess, aRoute, guidOf } from '../domain/fixtures.ts';
import { RecordIndex } from './record-index.ts';

test('RecordIndex finds records by kind, owner and mapped app, through every change', () => {
  const index = new RecordIndex();
  const app = anApp();
  const process = aProcess();
  const route = aRoute('a.org');
  for (const record of [app, process, route]) index.change(record, undefined);
  assert.equal(index.get('app', app.guid), app);
  assert.deepEqual(index.ownedBy('process', app.guid), [process]);
  assert.deepEqual(index.routesOf(app.guid), [route]);
  assert.equal(index.count('route'), 1);

  const unmapped = { ...route, destinations: [] };
  index.change(unmapped, route);
  assert.deepEqual(index.routesOf(app.guid), []);
  assert.deepEqual(index.all('route'), [unmapped]);

  const moved = { ...app, spaceGuid: guidOf('space2') };
  index.change(moved, app);
  assert.deepEqual(index.ownedBy('app', guidOf('space')), []);
  assert.deepEqual(index.ownedBy('app', guidOf('space2')), [moved]);

  index.change(undefined, moved);
  assert.equal(index.get('app', app.guid), undefined);
});
