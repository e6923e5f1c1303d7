import type { Ipv4 } from '../../core/address.ts';
import { reasonOf } from '../../core/errors.ts';
import { run } from '../../exec/run.ts';
import { tool } from '../../hostnet/tool.ts';

/**
 * Forgets the connections from clients that a floating IP led to a router that is dead. Their next
 * packet counts as a new connection's, meets the map, and the living router refuses it: so the client
 * learns at once that it must connect again.
 */
export function forgetConnectionsTo(floating: Ipv4, router: Ipv4): Promise<void> {
  return conntrackDelete(['--orig-dst', floating, '--reply-src', router]);
}

/** Forgets all connections of a floating IP, in both directions. */
export async function forgetConnectionsOf(floating: Ipv4): Promise<void> {
  await conntrackDelete(['--orig-dst', floating]);
  await conntrackDelete(['--reply-dst', floating]);
}

async function conntrackDelete(selector: readonly string[]): Promise<void> {
  try {
    await run([tool('conntrack'), '--delete', '--family', 'ipv4', ...selector]);
  } catch (thrown) {
    if (!/\b0 flow entries have been deleted/.test(reasonOf(thrown))) throw thrown;
  }
}
