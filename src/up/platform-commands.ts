import type { CommandSpec, OptionSpec } from '../cli/command-spec.ts';

const STATE_DIR: OptionSpec = {
  flags: '--state-dir <dir>',
  description: 'folder of everything durable (default /var/lib/sprue)',
  completion: 'directory',
};
const DEBUG_LOG: OptionSpec = {
  flags: '--verbose',
  description: 'also log what goes well, as JSON lines on stderr',
};

const UP_OPTIONS: readonly OptionSpec[] = [
  { flags: '--domain <domain>', description: 'domain of apps and API (default sprue.localhost)' },
  { flags: '--http-port <port>', description: 'port of the router (default 80)' },
  STATE_DIR,
  {
    flags: '--address <ip>',
    description: 'address of this machine that endpoints carry (default: its first one)',
  },
  DEBUG_LOG,
];

const ROLE_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '-c, --config <file>',
    description: 'configuration in YAML; options win over it',
    completion: 'file',
  },
  { flags: '--nats <servers>', description: 'host:port of NATS, several with commas' },
  {
    flags: '--state-dir <dir>',
    description: 'folder of everything durable',
    completion: 'directory',
  },
];
const ROLE_DETAILS =
  'Waits for NATS when it is not there yet. May be ended and started again at any time: apps and routes go on. docs/roles.md lists the settings.';

/** Commands that work on the machine itself, not through the API. */
export const PLATFORM_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'up',
    summary: 'Bring the platform up on this machine and keep it up',
    group: 'Platform',
    options: UP_OPTIONS,
    examples: ['sprue up', 'sprue up --domain apps.example.com --address 192.0.2.10'],
    details:
      'Checks the machine before it changes anything. Ctrl-C ends this process only: apps, router and NATS go on, and the next `sprue up` takes them over. `sprue down` ends everything.',
    signals: 'own',
    load: () => import('./commands/up.ts'),
  },
  {
    name: 'down',
    summary: 'Take the platform of this machine down',
    group: 'Platform',
    options: [
      STATE_DIR,
      {
        flags: '--purge',
        description: 'also remove what was stored: apps, droplets, logs, passwords',
      },
      { flags: '-f, --force', description: 'do not ask' },
    ],
    examples: ['sprue down', 'sprue down --purge'],
    details: 'Without --purge the next `sprue up` brings the apps back.',
    load: () => import('./commands/down.ts'),
  },
  {
    name: 'doctor',
    summary: 'Check the machine and the platform on it',
    group: 'Platform',
    options: [...UP_OPTIONS.filter(option => option !== DEBUG_LOG)],
    json: true,
    examples: ['sprue doctor'],
    details: 'Changes nothing. Exit code 1 when something must be mended.',
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'router',
    summary: 'Run a router that learns its routes from NATS',
    group: 'Platform',
    options: [
      {
        flags: '-c, --config <file>',
        description: 'configuration, as gorouter reads it',
        completion: 'file',
      },
    ],
    examples: ['sprue router -c gorouter.yml'],
    details: 'SIGTERM finishes what runs and ends; SIGUSR1 drains first.',
    signals: 'own',
    load: () => import('./commands/router.ts'),
  },
  {
    name: 'controller',
    summary: 'Run the API and the loops that make what runs equal what is wanted',
    group: 'Platform',
    options: [
      ...ROLE_OPTIONS,
      { flags: '--domain <domain>', description: 'domain of apps and API' },
      { flags: '--address <ip>', description: 'address that routers reach the API at' },
    ],
    examples: [
      'sprue controller --config /etc/sprue/controller.yml',
      'sprue controller --nats 10.0.0.2:4222 --domain example.com --address 10.0.0.2 --state-dir /var/lib/sprue',
    ],
    details: ROLE_DETAILS,
    signals: 'own',
    load: () => import('./commands/controller.ts'),
  },
  {
    name: 'dea',
    summary: 'Run the agent of a host that runs apps',
    group: 'Platform',
    options: [
      ...ROLE_OPTIONS,
      { flags: '--id <name>', description: 'names this host on the bus, for ever' },
      { flags: '--address <ip>', description: 'address of this host that routers dial' },
    ],
    examples: ['sprue dea --config /etc/sprue/dea.yml'],
    details: ROLE_DETAILS,
    signals: 'own',
    load: () => import('./commands/dea.ts'),
  },
  {
    name: 'edge',
    summary: 'Run the network node: DNS for the platform’s domains, floating IPs',
    group: 'Platform',
    options: [...ROLE_OPTIONS, { flags: '--id <name>', description: 'names this edge on the bus' }],
    examples: ['sprue edge --config /etc/sprue/edge.yml'],
    details: ROLE_DETAILS,
    signals: 'own',
    load: () => import('./commands/edge.ts'),
  },
  {
    name: 'quickstart',
    summary: 'Bring the platform up, push an example and show its route (what `npm start` runs)',
    group: 'Platform',
    options: [
      { flags: '--once', description: 'take everything down again at the end' },
      ...UP_OPTIONS,
    ],
    signals: 'own',
    load: () => import('./commands/quickstart.ts'),
  },
];
