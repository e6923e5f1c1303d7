import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { which } from '../../src/exec/which.ts';

/** What goes wrong with a program: it fails or kills its caller, before or after it did its work. */
export type Fault = 'fail-before' | 'fail-after' | 'kill-before' | 'kill-after';

export interface FaultyStep {
  /** The program that misbehaves … */
  readonly program: 'ip' | 'nft' | 'nsenter' | 'conntrack';
  /** … when its arguments begin so (shell pattern). */
  readonly args: string;
}

export const ATTACH_STEPS: readonly FaultyStep[] = [
  { program: 'ip', args: '-batch*' },
  { program: 'ip', args: '-n*' },
  { program: 'nsenter', args: '*' },
  { program: 'nft', args: '-f*' },
];

export const DETACH_STEPS: readonly FaultyStep[] = [
  { program: 'nft', args: '-f*' },
  { program: 'conntrack', args: '*' },
  { program: 'ip', args: 'netns del*' },
];

export function describeStep({ program, args }: FaultyStep): string {
  return `${program} ${args}`;
}

/**
 * Puts a program that misbehaves first on the PATH of this process, until disposed. Everything else
 * of the program's calls goes to the real one.
 */
export async function faultyTool(step: FaultyStep, fault: Fault): Promise<AsyncDisposable> {
  const real = which(step.program);
  const folder = await mkdtemp(join(tmpdir(), 'sprue-faulty-'));
  const script = join(folder, step.program);
  const pathBefore = process.env['PATH'];
  await writeFile(
    script,
    `#!/bin/sh\ncase "$*" in ${step.args.replace(' ', '\\ ')})\n${EFFECTS[fault](`${real} "$@"`)};; esac\nexec ${real} "$@"\n`,
  );
  await chmod(script, 0o755);
  process.env['PATH'] = `${folder}:${pathBefore}`;
  return {
    async [Symbol.asyncDispose]() {
      process.env['PATH'] = pathBefore;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const EFFECTS = {
  'fail-before': () => 'echo injected >&2; exit 9',
  'fail-after': work => `${work}; echo injected >&2; exit 9`,
  'kill-before': () => 'kill -9 $PPID; exit 9',
  'kill-after': work => `${work}; kill -9 $PPID; exit 9`,
} as const satisfies Record<Fault, (work: string) => string>;
