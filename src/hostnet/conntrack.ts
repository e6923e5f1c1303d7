import type { Ipv4 } from '../core/address.ts';
import { reasonOf } from '../core/errors.ts';
import { run } from '../exec/run.ts';
import { tool } from './tool.ts';

/**
 * Forgets the connections to and from a container's address, so that nobody who holds one reaches
 * the next owner of the host port or the address. None is success.
 */
export async function forgetConnections(containerIp: Ipv4): Promise<void> {
  await Promise.all([
    conntrackDelete(['--reply-src', containerIp]),
    conntrackDelete(['--orig-src', containerIp]),
  ]);
}

async function conntrackDelete(selector: readonly string[]): Promise<void> {
  try {
    await run([tool('conntrack'), '--delete', '--family', 'ipv4', ...selector]);
  } catch (thrown) {
    if (!/\b0 flow entries have been deleted/.test(reasonOf(thrown))) throw thrown;
  }
}
