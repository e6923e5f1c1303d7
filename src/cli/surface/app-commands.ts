import type { ArgumentSpec, CommandSpec, OptionSpec } from '../command-spec.ts';

const APP: ArgumentSpec = { name: '<app>', description: 'name of the app', completion: 'app' };

const ROLLING: OptionSpec = {
  flags: '--no-rolling',
  description: 'stop the old instances before the new ones start (there is a gap)',
};

const QUIET: OptionSpec = { flags: '-q, --quiet', description: 'print names only' };

export const APP_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'push',
    summary: 'Push an app: stage it, start it, check that its URL answers',
    group: 'Apps',
    arguments: [
      {
        name: '[app]',
        description: 'name of the app, or its directory when it contains a slash or is a dot',
        completion: 'directory',
      },
    ],
    options: [
      { flags: '-p, --path <dir>', description: 'directory or zip file', completion: 'directory' },
      { flags: '-f, --manifest <file>', description: 'manifest to read', completion: 'file' },
      { flags: '--no-manifest', description: 'ignore manifest.yml' },
      { flags: '-i, --instances <n>', description: 'number of instances' },
      { flags: '-m, --memory <size>', description: 'memory per instance, e.g. 256M' },
      { flags: '-k, --disk <size>', description: 'disk per instance, e.g. 1G' },
      {
        flags: '-c, --command <command>',
        description: 'start command; `default`: the detected one',
      },
      {
        flags: '-b, --buildpack <name>',
        description: 'buildpack: name, directory or git URL',
        repeatable: true,
      },
      {
        flags: '-u, --health-check-type <type>',
        description: 'how readiness is found out',
        choices: ['port', 'http', 'process'],
      },
      { flags: '--endpoint <path>', description: 'path of an http health check' },
      {
        flags: '-t, --timeout <seconds>',
        description: 'how long an instance may take to get ready',
      },
      {
        flags: '--route <route>',
        description: 'host.domain/path that leads to the app',
        repeatable: true,
      },
      { flags: '--no-route', description: 'unmap all routes; for apps that serve nobody' },
      { flags: '--random-route', description: 'a route nobody else has' },
      {
        flags: '--var <key=value>',
        description: 'value for ((key)) in the manifest',
        repeatable: true,
      },
      {
        flags: '--vars-file <file>',
        description: 'YAML file with such values',
        repeatable: true,
        completion: 'file',
      },
      {
        flags: '--strategy <strategy>',
        description: 'how a running app is replaced (default: rolling, without a gap)',
        choices: ['rolling', 'restart'],
      },
      { flags: '--no-start', description: 'upload only, and leave the app stopped' },
      {
        flags: '--dry-run',
        description: 'print the manifest that would be applied, and change nothing',
      },
    ],
    json: true,
    examples: [
      'sprue push                              # as manifest.yml says, or the directory as it is',
      'sprue push shop -m 256M -i 2',
      'sprue push examples/hello-node          # another directory',
      'sprue push api --route api.example.com/v1 --var token=s3cret',
    ],
    details:
      'A running app keeps serving until the new version is ready; if that never gets ready, nothing changes.',
    load: () => import('../commands/push.ts'),
  },
  {
    name: 'start',
    summary: 'Start an app',
    group: 'Apps',
    arguments: [APP],
    load: () => import('../commands/start.ts'),
  },
  {
    name: 'stop',
    summary: 'Stop an app',
    group: 'Apps',
    arguments: [APP],
    load: () => import('../commands/stop.ts'),
  },
  {
    name: 'restart',
    summary: 'Replace all instances of an app, one after the other',
    group: 'Apps',
    arguments: [APP],
    options: [ROLLING],
    load: () => import('../commands/restart.ts'),
  },
  {
    name: 'restage',
    summary: 'Stage the newest package of an app again, then deploy it',
    group: 'Apps',
    arguments: [APP],
    options: [ROLLING],
    load: () => import('../commands/restage.ts'),
  },
  {
    name: 'scale',
    summary: 'Show or change instances, memory and disk of an app',
    group: 'Apps',
    arguments: [APP],
    options: [
      { flags: '-i, --instances <n>', description: 'number of instances' },
      { flags: '-m, --memory <size>', description: 'memory per instance; replaces the instances' },
      { flags: '-k, --disk <size>', description: 'disk per instance; replaces the instances' },
      { flags: '--process <type>', description: 'process to scale (default: web)' },
      { flags: '-f, --force', description: 'accepted for compatibility; nothing is asked' },
    ],
    json: true,
    examples: ['sprue scale shop -i 3', 'sprue scale shop -m 512M'],
    load: () => import('../commands/scale.ts'),
  },
  {
    name: 'rename',
    summary: 'Rename an app',
    group: 'Apps',
    arguments: [APP, { name: '<new-name>', description: 'the new name' }],
    load: () => import('../commands/rename.ts'),
  },
  {
    name: 'delete',
    summary: 'Delete an app',
    group: 'Apps',
    arguments: [APP],
    options: [
      { flags: '-r, --routes', description: 'also delete the routes that only it uses' },
      { flags: '-f, --force', description: 'do not ask' },
    ],
    load: () => import('../commands/delete.ts'),
  },
  {
    name: 'apps',
    aliases: ['a'],
    summary: 'List the apps of the space',
    group: 'Look',
    options: [QUIET],
    json: true,
    load: () => import('../commands/apps.ts'),
  },
  {
    name: 'app',
    summary: 'Show an app: its URLs, instances, and where each of them is',
    group: 'Look',
    arguments: [APP],
    options: [
      { flags: '--guid', description: 'print its guid only' },
      { flags: '--placement', description: 'show why each instance is on its host' },
    ],
    json: true,
    load: () => import('../commands/app.ts'),
  },
  {
    name: 'logs',
    summary: 'Follow the log of an app, or show its last lines',
    group: 'Look',
    arguments: [APP],
    options: [
      { flags: '--recent', description: 'print the last lines and end' },
      {
        flags: '-f, --follow',
        description: 'go on with new lines (without --recent this is so anyway)',
      },
      { flags: '-n, --lines <n>', description: 'how many of the last lines' },
      { flags: '--source <prefix>', description: 'only sources that begin so: APP, STG, RTR, …' },
    ],
    json: true,
    examples: ['sprue logs shop', 'sprue logs shop --recent', 'sprue logs shop --recent -f -n 20'],
    details: 'With --json each line is one JSON object.',
    load: () => import('../commands/logs.ts'),
  },
  {
    name: 'events',
    summary: 'Show who did what to an app, and what happened to it',
    group: 'Look',
    arguments: [APP],
    options: [{ flags: '-n, --lines <n>', description: 'how many (default: 50)' }],
    json: true,
    load: () => import('../commands/events.ts'),
  },
  {
    name: 'env',
    summary: 'Show the environment of an app',
    group: 'Environment',
    arguments: [APP],
    json: true,
    load: () => import('../commands/env.ts'),
  },
  {
    name: 'set-env',
    summary: 'Set a variable of an app',
    group: 'Environment',
    arguments: [
      APP,
      { name: '<name>', description: 'name, or NAME=VALUE' },
      { name: '[value]', description: 'value; `-` reads it from standard input' },
    ],
    examples: ['sprue set-env shop LOG_LEVEL debug', 'sprue set-env shop TOKEN - < token.txt'],
    details: 'Running instances keep their environment until `sprue restart`.',
    load: () => import('../commands/set-env.ts'),
  },
  {
    name: 'unset-env',
    summary: 'Remove a variable of an app',
    group: 'Environment',
    arguments: [APP, { name: '<name>', description: 'name of the variable' }],
    load: () => import('../commands/unset-env.ts'),
  },
];
