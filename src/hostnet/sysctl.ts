import { readFile, writeFile } from 'node:fs/promises';
import { run } from '../exec/run.ts';
import { tool } from './tool.ts';

/** Value of a sysctl of this network namespace, or `undefined` when the kernel does not have it here. */
export async function readSysctl(name: string): Promise<string | undefined> {
  try {
    return (await readFile(sysctlPath(name), 'utf8')).trim();
  } catch (thrown) {
    if (isAbsent(thrown)) return undefined;
    throw thrown;
  }
}

export async function writeSysctl(name: string, value: string): Promise<void> {
  await writeFile(sysctlPath(name), value);
}

/** For what only makes sense where it exists, such as IPv6 switches on a kernel without IPv6. */
export async function writeSysctlIfPresent(name: string, value: string): Promise<void> {
  try {
    await writeFile(sysctlPath(name), value, { flag: 'r+' });
  } catch (thrown) {
    if (!isAbsent(thrown)) throw thrown;
  }
}

/** Raises a limit; never lowers one that somebody set higher. Limits of the whole machine are absent in a namespace. */
export async function raiseSysctl(name: string, atLeast: number): Promise<void> {
  const current = await readSysctl(name);
  if (current !== undefined && Number(current) < atLeast) await writeSysctl(name, String(atLeast));
}

/** Sets `name=value` pairs inside a network namespace; what the kernel does not have is passed over. */
export async function sysctlInNetns(netnsPath: string, settings: readonly string[]): Promise<void> {
  const sysctl = [tool('sysctl'), '--quiet', '--ignore', '--write', ...settings];
  await run([tool('nsenter'), `--net=${netnsPath}`, '--', ...sysctl]);
}

function sysctlPath(name: string): string {
  return `/proc/sys/${name.replaceAll('.', '/')}`;
}

function isAbsent(thrown: unknown): boolean {
  return (thrown as NodeJS.ErrnoException).code === 'ENOENT';
}
