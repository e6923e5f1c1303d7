import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { which } from './which.ts';

export interface FollowOptions {
  readonly onLine: (line: string) => void;
  /** It ended without having been told to, or could not be started. */
  readonly onFailure: (reason: string) => void;
}

/** A program that runs beside us. */
export interface Followed {
  /** Ends it; resolves when it is gone. */
  stop(): Promise<void>;
}

/**
 * Starts a program and reads its lines as they come, until stopped. It dies with us, also when we are
 * killed: the kernel sends it SIGKILL then (prctl(2) PR_SET_PDEATHSIG, by way of util-linux' setpriv).
 */
export function follow(argv: readonly [string, ...string[]], options: FollowOptions): Followed {
  const setpriv = which('setpriv');
  const [program, ...args] =
    setpriv === undefined ? argv : [setpriv, '--pdeathsig', 'KILL', '--', ...argv];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let isStopped = false;
  let complaint = '';
  const fail = (reason: string) => {
    if (!isStopped) options.onFailure(reason);
    isStopped = true;
  };
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-1_000);
  });
  child.once('error', error => fail(error.message));
  child.once('close', code => fail(complaint.trim() || `exit status ${code}`));
  createInterface({ input: child.stdout }).on('line', line => {
    if (!isStopped) options.onLine(line);
  });
  return {
    async stop() {
      isStopped = true;
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
