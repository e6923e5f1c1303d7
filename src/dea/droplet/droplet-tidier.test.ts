import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Guid, newGuid } from '../../core/ids.ts';
import { silentLog } from '../../core/log.ts';
import { DropletTidier } from './droplet-tidier.ts';

test('DropletTidier: once per grace time, with what is in use then', t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const kept: ReadonlySet<Guid>[] = [];
  let used = new Set([newGuid()]);
  const tidier = new DropletTidier({
    droplets: { retain: async keep => void kept.push(keep) },
    inUse: () => used,
    graceMs: 1_000,
    log: silentLog,
  });
  tidier.schedule();
  tidier.schedule();
  used = new Set([newGuid()]);
  t.mock.timers.tick(1_000);
  assert.deepEqual(kept, [used]);
  tidier.schedule();
  tidier.stop();
  t.mock.timers.tick(1_000);
  assert.equal(kept.length, 1);
});
