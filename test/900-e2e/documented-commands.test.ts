import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { poll } from '../../src/core/wait.ts';
import { run } from '../../src/exec/run.ts';
import { inNetns } from '../kit/net-lab.ts';
import { root, TestPlatform } from '../kit/platform.ts';

/** Commands that look for a platform on the machine need to be told where the test has put its own. */
const WANT_STATE_DIR = ['doctor', 'down'];

describe('commands shown in the documentation', () => {
  let platform: TestPlatform;
  before(async () => {
    platform = await TestPlatform.start();
  });
  after(() => platform[Symbol.asyncDispose]());

  test('every line of README’s “Use it” works, in its order', async () => {
    const lines = shellLines('README.md', '## Use it').filter(
      line => !/^(export|sprue up|sprue down)/.test(line),
    );
    assert.ok(lines.length >= 8, 'the block was found');
    for (const line of lines) {
      const { exitCode, stdout, stderr } = await inShell(line);
      assert.equal(exitCode, 0, `${line}\n${stdout}\n${stderr}`);
    }
  });

  test('every command of docs/path-of-a-request.md shows what the page says', async () => {
    const [instance] = await platform.instances('hello');
    const hostPort = String(instance?.network?.host_port);
    const containerIp = instance?.network?.container_ip ?? '';
    await platform.get('hello');
    const page = readFileSync(join(root, 'docs/path-of-a-request.md'), 'utf8');
    const oneMachine = page.slice(page.indexOf('## On one machine'));
    const commands = [...oneMachine.matchAll(/^\| [^|]+ \| `([^`]+)`/gm)].map(
      ([, command]) => command ?? '',
    );
    assert.ok(commands.length >= 4, 'the table was found');
    for (const shown of commands) {
      const command = shown.replaceAll('61001', hostPort).replaceAll('10.254.0.2', containerIp);
      const { exitCode, stdout, stderr } = await inShell(command);
      assert.equal(exitCode, 0, `${command}\n${stderr}`);
      assert.notEqual(stdout.trim(), '', `${command} prints nothing`);
    }
  });

  test('`sprue down` and `sprue up` of README bring the apps back', async () => {
    await platform.ok(['down', '--state-dir', platform.stateDir]);
    await platform.killUp('SIGTERM');
    await platform.up();
    const served = await poll(
      async () => ((await platform.get('hello')).status === 200 ? true : undefined),
      { intervalMs: 100, timeoutMs: 10_000 },
    );
    assert.ok(served, 'the app is back');
  });

  /** Documentation is written for a shell, so here, and only here, one reads it. */
  function inShell(line: string) {
    const [, verb = ''] = line.split(' ');
    const extra = WANT_STATE_DIR.includes(verb) ? ` --state-dir ${platform.stateDir}` : '';
    const argv = inNetns(platform.lab.host.netns, [
      'sh',
      '-c',
      line.replace(/\s+#.*$/, '') + extra,
    ]);
    const env = { ...platform.env, PATH: `${join(root, 'bin')}:${process.env['PATH']}` };
    const okExitCodes = Array.from({ length: 256 }, (_, code) => code);
    return run(argv, { env, cwd: root, okExitCodes, timeoutMs: 60_000 });
  }
});

/** Lines of the first shell block below a heading. */
function shellLines(page: string, heading: string): string[] {
  const text = readFileSync(join(root, page), 'utf8');
  const section = text.slice(text.indexOf(heading));
  const block = /```sh\n([\s\S]*?)```/.exec(section)?.[1] ?? '';
  return block.split('\n').filter(line => line.trim() !== '');
}
