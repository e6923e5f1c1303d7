import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../src/exec/run.ts';
import { assertNoLeak, readMachine } from '../kit/leak-check.ts';
import { createNetLab, destroyNetLab, inNetns } from '../kit/net-lab.ts';
import { root } from '../kit/platform.ts';

test('npm start -- --once ends with the URL, the answer and a trace, exits 0 and leaves nothing', async () => {
  const names = await createNetLab();
  const scope = { netns: names.host, marks: ['sprue-once-', names.host] };
  try {
    const before = await readMachine(scope);
    const { stdout } = await run(
      inNetns(names.host, ['npm', 'start', '--silent', '--', '--once']),
      {
        cwd: root,
        timeoutMs: 120_000,
        env: { PATH: process.env['PATH'] ?? '', HOME: join(tmpdir(), 'sprue-no-home') },
      },
    );
    assert.match(stdout, /http:\/\/hello-node\.sprue\.localhost/);
    assert.match(stdout, /HTTP 200/);
    assert.match(stdout, /\$ sprue trace hello-node\.sprue\.localhost\nGET .* → 200 in /);
    for (const hop of ['client', 'router', 'connection', 'host NAT', 'veth', 'app']) {
      assert.match(stdout, new RegExp(`^[ =] \\d  ${hop} `, 'm'), hop);
    }
    assert.match(stdout, /^─ (new|another) TCP connection/m);
    assert.match(stdout, /→ 10\.\d+\.\d+\.\d+:8080\*/, 'what NAT made of the host port');
    assert.match(stdout, /w-[0-9a-f]{8} ═══ eth0/);
    assert.match(stdout, / listens on /);
    assert.doesNotMatch(stdout, /NO REPORT|NOTHING ARRIVED|inferred|DNS {2}/, 'nothing is faked');
    await assertNoLeak(before, scope);
  } finally {
    await destroyNetLab(names);
  }
});
