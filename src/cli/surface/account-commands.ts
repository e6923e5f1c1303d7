import type { CommandSpec } from '../command-spec.ts';

const ORG = { flags: '-o, --org <org>', description: 'org to target', completion: 'org' } as const;
const SPACE = {
  flags: '-s, --space <space>',
  description: 'space to target',
  completion: 'space',
} as const;
const API = {
  flags: '-a, --api <url>',
  description: 'URL of the API, e.g. http://api.sprue.localhost',
};
const TLS = {
  flags: '--skip-ssl-validation',
  description: 'accept any TLS certificate of the API',
};

export const ACCOUNT_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'login',
    summary: 'Log in to a platform and target an org and space of it',
    group: 'Account',
    options: [API, { flags: '-u, --user <user>', description: 'user name' }, ORG, SPACE, TLS],
    examples: [
      'sprue login --api http://api.sprue.localhost -u admin',
      'SPRUE_USER=ci SPRUE_PASSWORD=… sprue login -a …',
    ],
    details: 'The password is asked for, or taken from SPRUE_PASSWORD; it is never an argument.',
    load: () => import('../commands/login.ts'),
  },
  {
    name: 'logout',
    summary: 'Forget the login',
    group: 'Account',
    load: () => import('../commands/logout.ts'),
  },
  {
    name: 'target',
    aliases: ['t'],
    summary: 'Show or change the platform, org and space that commands work on',
    group: 'Account',
    options: [API, ORG, SPACE],
    json: true,
    details: 'SPRUE_API, SPRUE_ORG and SPRUE_SPACE override the target for one command.',
    load: () => import('../commands/target.ts'),
  },
  {
    name: 'orgs',
    summary: 'List the orgs',
    group: 'Account',
    options: [{ flags: '-q, --quiet', description: 'print names only' }],
    json: true,
    load: () => import('../commands/orgs.ts'),
  },
  {
    name: 'spaces',
    summary: 'List the spaces of the org',
    group: 'Account',
    options: [{ flags: '-q, --quiet', description: 'print names only' }],
    json: true,
    load: () => import('../commands/spaces.ts'),
  },
];
