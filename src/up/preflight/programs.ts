import { run } from '../../exec/run.ts';
import { which } from '../../exec/which.ts';
import { type Check, fail, ok } from './check.ts';

interface Program {
  readonly name: string;
  readonly versionArgs: readonly string[];
  /** Oldest version that is known to do what Sprue needs. */
  readonly minimum: readonly [number, number];
}

const PROGRAMS: readonly Program[] = [
  { name: 'nft', versionArgs: ['--version'], minimum: [1, 0] },
  { name: 'ip', versionArgs: ['-V'], minimum: [5, 0] },
  { name: 'runc', versionArgs: ['--version'], minimum: [1, 0] },
  { name: 'conmon', versionArgs: ['--version'], minimum: [2, 0] },
  { name: 'conntrack', versionArgs: ['--version'], minimum: [1, 4] },
  { name: 'nats-server', versionArgs: ['--version'], minimum: [2, 9] },
];

/** The programs that Sprue drives the kernel with are there and new enough. */
export const programsCheck: Check = {
  name: 'programs',
  async run() {
    const found: string[] = [];
    const problems: string[] = [];
    for (const program of PROGRAMS) {
      const version = await versionOf(program);
      if (version === undefined) problems.push(`${program.name} is missing`);
      else if (isOlder(version, program.minimum)) {
        problems.push(
          `${program.name} ${version.join('.')} is older than ${program.minimum.join('.')}`,
        );
      } else found.push(`${program.name} ${version.join('.')}`);
    }
    if (problems.length === 0) return ok(found.join(', '));
    return fail(
      problems.join(', '),
      'Run scripts/bootstrap, or install them with the package manager.',
    );
  },
};

async function versionOf(program: Program): Promise<number[] | undefined> {
  const path = which(program.name);
  if (path === undefined) return undefined;
  const { stdout, stderr } = await run([path, ...program.versionArgs]);
  return parseVersion(stdout + stderr);
}

/** The first `1.2` or `1.2.3` in what a program prints of itself. */
export function parseVersion(text: string): number[] | undefined {
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match
    ?.slice(1)
    .filter(part => part !== undefined)
    .map(Number);
}

export function isOlder(
  version: readonly number[],
  [major, minor]: readonly [number, number],
): boolean {
  const [foundMajor = 0, foundMinor = 0] = version;
  return foundMajor < major || (foundMajor === major && foundMinor < minor);
}
