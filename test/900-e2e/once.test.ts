import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from '../../src/exec/run.ts';
import { assertNoLeak, readMachine } from '../kit/leak-check.ts';
import { createNetLab, destroyNetLab, inNetns } from '../kit/net-lab.ts';
import { root } from '../kit/platform.ts';

test('npm start -- --once ends with the URL, the answer and a trace, exits 0 and leaves nothing', () =>
  withoutLeak(async (argv, env) => {
    const { stdout } = await run(argv(['npm', 'start', '--silent', '--', '--once']), {
      cwd: root,
      timeoutMs: 120_000,
      env,
    });
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
  }));

for (const afterMs of [200, 700, 1_200, 2_500]) {
  test(`Ctrl-C ${afterMs} ms after the start takes everything down, too`, () =>
    withoutLeak(async (argv, env) => {
      const [program, ...args] = argv([join(root, 'bin/sprue'), 'quickstart', '--once']);
      const child = spawn(program, args, { env, stdio: 'ignore' });
      const exited = once(child, 'exit');
      await delay(afterMs);
      child.kill('SIGINT');
      await exited;
    }));
}

type Use = (
  argv: (command: readonly string[]) => [string, ...string[]],
  env: Readonly<Record<string, string>>,
) => Promise<void>;

/** Runs something on a machine of its own and fails when anything is left of it. */
async function withoutLeak(use: Use): Promise<void> {
  const names = await createNetLab();
  const folder = await mkdtemp(join(tmpdir(), 'sprue-test-once-'));
  await chmod(folder, 0o711); // containers must be able to enter
  const scope = { netns: names.host, marks: [folder, names.host] };
  const env = { PATH: process.env['PATH'] ?? '', HOME: join(folder, 'home'), TMPDIR: folder };
  try {
    const before = await readMachine(scope);
    await use(command => inNetns(names.host, command), env);
    await assertNoLeak(before, scope);
    const states = (await readdir(folder)).filter(name => name.startsWith('sprue-once-'));
    assert.deepEqual(states, [], 'state directories');
  } finally {
    await destroyNetLab(names);
    await rm(folder, { recursive: true, force: true });
  }
}
