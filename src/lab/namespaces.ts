import { ipBatchForced } from '../hostnet/ip.ts';
import { entries } from './lab-dir.ts';

/** Removes named network namespaces, with the interfaces in them. Absent is success. */
export async function removeAllNetns(names: readonly string[]): Promise<void> {
  const present = new Set(entries('/run/netns'));
  await ipBatchForced(names.filter(name => present.has(name)).map(name => `netns del ${name}`));
}
