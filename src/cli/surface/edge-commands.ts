import type { ArgumentSpec, CommandSpec } from '../command-spec.ts';

const ADDRESS: ArgumentSpec = {
  name: '<address>',
  description: 'a floating IP that is allocated',
  completion: 'floating-ip',
};
const ROUTER = 'host name, address or id of a router';

export const EDGE_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'dns',
    summary: 'Show the DNS records of the platform, and what to delegate',
    group: 'Platform',
    json: true,
    load: () => import('../commands/dns.ts'),
  },
  {
    name: 'floating-ip list',
    summary: 'List the floating IPs and where each leads now',
    group: 'Platform',
    json: true,
    load: () => import('../commands/floating-ip-list.ts'),
  },
  {
    name: 'floating-ip allocate',
    summary: 'Reserve a floating IP: the next free one, or the one that is named',
    group: 'Platform',
    arguments: [{ name: '[address]', description: 'one of an edge’s pool' }],
    options: [{ flags: '--router <router>', description: `lead it there at once: ${ROUTER}` }],
    json: true,
    examples: [
      'sprue floating-ip allocate',
      'sprue floating-ip allocate 203.0.113.10 --router router-1',
    ],
    load: () => import('../commands/floating-ip-allocate.ts'),
  },
  {
    name: 'floating-ip associate',
    summary: 'Lead a floating IP to a router, as long as that is healthy',
    group: 'Platform',
    arguments: [ADDRESS, { name: '<router>', description: ROUTER }],
    examples: ['sprue floating-ip associate 203.0.113.10 router-1'],
    details:
      'When the router fails its health check the floating IP moves to a healthy one within seconds,\n' +
      'and back when its own router has been healthy again for 5 s.',
    load: () => import('../commands/floating-ip-associate.ts'),
  },
  {
    name: 'floating-ip disassociate',
    summary: 'Let a floating IP lead nowhere; it stays reserved',
    group: 'Platform',
    arguments: [ADDRESS],
    load: () => import('../commands/floating-ip-disassociate.ts'),
  },
  {
    name: 'floating-ip release',
    summary: 'Give a floating IP back to the pool',
    group: 'Platform',
    arguments: [ADDRESS],
    options: [{ flags: '-f, --force', description: 'do not ask' }],
    load: () => import('../commands/floating-ip-release.ts'),
  },
];
