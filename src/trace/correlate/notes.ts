import type { SilentAgent, TraceSnapshot } from '../../proto/v3/trace.ts';
import { sameFlow } from './flow.ts';
import type { JoinedTrace } from './join.ts';

/** What the table leaves out, and what it could not learn. */
export function notesOf(
  { client, dns, edge, router }: JoinedTrace,
  { armed, silent, observations }: TraceSnapshot,
): string[] {
  const isDirect = router && client.flow && sameFlow(router.client, client.flow);
  return [
    ...(dns ? [] : [...(NO_DNS[client.resolvedBy] ?? [])]),
    ...(edge === undefined && isDirect
      ? ['No edge hop: the client dialled the router itself.']
      : []),
    ...silent
      .filter(({ agent }) => !observations.some(item => 'agent' in item && item.agent === agent))
      .map(
        ({ role, name }) => `${titled(role)} ${name} did not say that it is ready for the trace.`,
      ),
    ...armed
      .filter(({ problem }) => problem !== undefined)
      .map(({ role, host, problem }) => `${role} on ${host}: ${problem}`),
  ];
}

const NO_DNS: Readonly<Partial<Record<JoinedTrace['client']['resolvedBy'], readonly string[]>>> = {
  literal: ['No DNS hop: the URL has an address instead of a name.'],
  loopback: ['No DNS hop: names below .localhost are this machine itself (RFC 6761).'],
  hosts: ['No DNS hop: the name stands in /etc/hosts.'],
  given: ['No DNS hop: the address was given with --connect-to.'],
};

function titled(role: SilentAgent['role']): string {
  return role === 'dea' ? 'DEA' : role.charAt(0).toUpperCase() + role.slice(1);
}
