import type { CommandSpec } from '../command-spec.ts';

export const TRACE_COMMAND: CommandSpec = {
  name: 'trace',
  summary: 'Send one request and show every hop it took, there and back',
  group: 'Look',
  arguments: [
    { name: '<url>', description: 'URL or route, e.g. shop.example.com/cart', completion: 'route' },
  ],
  options: [
    { flags: '-X, --method <method>', description: 'GET unless there is a body' },
    { flags: '-H, --header <header>', description: '`Name: value`', repeatable: true },
    { flags: '-d, --data <body>', description: 'body of the request' },
    { flags: '--raw', description: 'also what each hop was read from, word for word' },
    { flags: '--explain', description: 'also the plain Linux commands that show the same' },
    {
      flags: '--figures',
      description: 'also addresses, routes, NAT and connections of each place on the way',
    },
    { flags: '--expect <status>', description: 'exit with 6 unless the answer has this status' },
    {
      flags: '--resolver <ip[:port]>',
      description: 'ask this name server (default: the system’s, or $SPRUE_RESOLVER)',
    },
    { flags: '--connect-to <ip>', description: 'dial this address, whatever the name says' },
    { flags: '--timeout <seconds>', description: 'how long to wait for the answer (default: 20)' },
    { flags: '--show-secrets', description: 'print the values of the query too' },
  ],
  json: true,
  examples: [
    'sprue trace shop.example.com',
    'sprue trace http://shop.example.com/cart --explain',
    'sprue trace shop.example.com --expect 200 --json',
  ],
  details: 'Exit code 6 when the request was not served. docs/trace.md says what the columns mean.',
  load: () => import('../commands/trace.ts'),
};

/** Runs in another network for a trace that is sent from there. */
export const TRACE_LEG_COMMAND: CommandSpec = {
  name: 'trace-leg',
  summary: 'Resolve and send for a trace that runs elsewhere',
  group: 'More',
  hidden: true,
  load: () => import('../commands/trace-leg.ts'),
};
