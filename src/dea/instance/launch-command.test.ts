import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../../exec/run.ts';
import { launchCommand } from './launch-command.ts';

/** The script with `cd /home/vcap/app` left out, which this machine does not have. */
function outsideContainer(startCommand: string): [string, ...string[]] {
  const [shell = '', ...rest] = launchCommand(startCommand);
  return [shell, ...rest.map(part => part.replace('cd /home/vcap/app', ':'))];
}

test('launchCommand: the command is an argument, never script text', async () => {
  const quoted = `printf '%s|' "$0" 'it'"'"'s' "\\$(id)"; echo '$1'`;
  const { stdout } = await run(outsideContainer(quoted));
  assert.equal(stdout, `/bin/bash|it's|$(id)|$1\n`);
});

test('launchCommand: passes on the exit status', async () => {
  const { exitCode } = await run(outsideContainer('exit 3'), { okExitCodes: [3] });
  assert.equal(exitCode, 3);
});

test('launchCommand: a killed app is 128 + signal, without a remark of the shell', async () => {
  const result = await run(outsideContainer('kill -9 $$'), { okExitCodes: [137] });
  assert.equal(result.exitCode, 137);
  assert.equal(result.stderr, '');
});

test('launchCommand: waits for an app that needs time after SIGTERM', async () => {
  const slow = `trap 'sleep 0.2; exit 7' TERM; kill -TERM $PPID $$; while :; do sleep 0.05; done`;
  const { exitCode } = await run(outsideContainer(slow), { okExitCodes: [7] });
  assert.equal(exitCode, 7);
});

test('launchCommand: leaves standard error to the app', async () => {
  const { stderr } = await run(outsideContainer('echo oops >&2'));
  assert.equal(stderr, 'oops\n');
});
