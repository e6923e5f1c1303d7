import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newInstanceId } from '../core/ids.ts';
import { desiredInstance } from './fakes/desired.ts';
import { attachmentOf } from './fakes/fake-host.ts';
import type { Instance } from './instance/instance.ts';
import { isMapped } from './instance/run.ts';
import { UsageReport } from './usage-report.ts';

/** What the report looks at. */
function instance(running: boolean): Instance {
  const desired = desiredInstance();
  const instanceId = newInstanceId();
  const attachment = attachmentOf({ instanceId, appGuid: desired.appGuid, index: 0 }, 61_001);
  assert.ok(isMapped(attachment));
  return { desired, run: running ? { instanceId, attachment, pid: 7 } : undefined } as Instance;
}

test('UsageReport: CPU as a fraction of one core, from the first question on', async () => {
  const beganMs = performance.now();
  const usage = async () => ({
    cpuNs: (performance.now() - beganMs) * 1e6 * 0.5, // half a core all the time
    memoryBytes: 1000,
    diskBytes: 2000,
  });
  const report = new UsageReport({ usage });
  const busy = instance(true);
  const [first, ...others] = await report.ask([busy, instance(false)]);
  assert.deepEqual(others, []);
  assert.equal(first?.guid, busy.desired.guid);
  assert.ok(Math.abs((first?.cpu ?? 0) - 0.5) < 0.05, `${first?.cpu}`);
  assert.equal(first?.memoryBytes, 1000);
  assert.equal(first?.diskBytes, 2000);
});

test('UsageReport: a container that has just gone is left out', async () => {
  const report = new UsageReport({ usage: async () => undefined });
  assert.deepEqual(await report.ask([instance(true)]), []);
});
