import type { CommandSpec } from '../command-spec.ts';

export const MORE_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'status',
    summary: 'Show whether the platform is well: hosts, routers, instances',
    group: 'Platform',
    json: true,
    load: () => import('../commands/status.ts'),
  },
  {
    name: 'curl',
    summary: 'Send a request to the API with your login',
    group: 'More',
    arguments: [{ name: '<path>', description: 'for example /v3/apps' }],
    options: [
      { flags: '-X, --method <method>', description: 'GET unless there is a body' },
      { flags: '-H, --header <header>', description: '`Name: value`', repeatable: true },
      { flags: '-d, --data <body>', description: 'body; `@FILE` reads it from a file' },
      { flags: '-i, --include', description: 'print status and headers too' },
      { flags: '--fail', description: 'exit with 22 when the status is 400 or more' },
    ],
    examples: ['sprue curl /v3/apps', `sprue curl /v3/apps/GUID -X PATCH -d '{"name": "shop"}'`],
    load: () => import('../commands/curl.ts'),
  },
  {
    name: 'completion',
    summary: 'Print a script that completes commands in your shell',
    group: 'More',
    arguments: [{ name: '<shell>', description: 'bash, zsh or fish' }],
    examples: [
      'source <(sprue completion bash)',
      'sprue completion fish > ~/.config/fish/completions/sprue.fish',
    ],
    load: () => import('../commands/completion.ts'),
  },
  {
    name: 'complete',
    summary: 'Names for shell completion',
    group: 'More',
    hidden: true,
    arguments: [{ name: '<kind>', description: 'app, domain, route, org, space or floating-ip' }],
    load: () => import('../commands/complete.ts'),
  },
  {
    name: 'help',
    summary: 'Explain a command or an error code',
    group: 'More',
    arguments: [{ name: '[topic]', description: 'command, or code such as APP_LOOPBACK_BIND' }],
    json: true,
    examples: ['sprue help push', 'sprue help APP_LOOPBACK_BIND'],
    load: () => import('../commands/help.ts'),
  },
  {
    name: 'version',
    summary: 'Print the version',
    group: 'More',
    json: true,
    load: () => import('../commands/version.ts'),
  },
];
