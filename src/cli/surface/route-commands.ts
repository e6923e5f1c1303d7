import type { ArgumentSpec, CommandSpec } from '../command-spec.ts';

const APP: ArgumentSpec = { name: '<app>', description: 'name of the app', completion: 'app' };
const ROUTE: ArgumentSpec = {
  name: '<route>',
  description: 'host.domain/path, or the domain when --hostname is given',
  completion: 'route',
};
const HOST = {
  flags: '-n, --hostname <host>',
  description: 'host, when the route names the domain only',
};
const PATH = { flags: '--path <path>', description: 'path, when the route names none' };
const FORCE = { flags: '-f, --force', description: 'do not ask' };

export const ROUTE_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'routes',
    summary: 'List the routes of the space and the apps they lead to',
    group: 'Routes and domains',
    options: [{ flags: '-q, --quiet', description: 'print URLs only' }],
    json: true,
    load: () => import('../commands/routes.ts'),
  },
  {
    name: 'map-route',
    summary: 'Make a route lead to an app; the route is created if need be',
    group: 'Routes and domains',
    arguments: [APP, ROUTE],
    options: [
      HOST,
      PATH,
      { flags: '--app-port <port>', description: 'port of the app (default: 8080)' },
    ],
    examples: [
      'sprue map-route shop shop.sprue.localhost',
      'sprue map-route shop sprue.localhost --hostname www --path /shop',
    ],
    load: () => import('../commands/map-route.ts'),
  },
  {
    name: 'unmap-route',
    summary: 'Make a route no longer lead to an app',
    group: 'Routes and domains',
    arguments: [APP, ROUTE],
    options: [HOST, PATH],
    load: () => import('../commands/unmap-route.ts'),
  },
  {
    name: 'create-route',
    summary: 'Reserve a route for the space',
    group: 'Routes and domains',
    arguments: [ROUTE],
    options: [HOST, PATH],
    load: () => import('../commands/create-route.ts'),
  },
  {
    name: 'delete-route',
    summary: 'Delete a route',
    group: 'Routes and domains',
    arguments: [ROUTE],
    options: [HOST, PATH, FORCE],
    load: () => import('../commands/delete-route.ts'),
  },
  {
    name: 'domains',
    summary: 'List the domains',
    group: 'Routes and domains',
    options: [{ flags: '-q, --quiet', description: 'print names only' }],
    json: true,
    load: () => import('../commands/domains.ts'),
  },
  {
    name: 'create-domain',
    summary: 'Make a domain usable for routes',
    group: 'Routes and domains',
    arguments: [{ name: '<domain>', description: 'for example example.com' }],
    options: [{ flags: '--private', description: 'for the targeted org only' }],
    load: () => import('../commands/create-domain.ts'),
  },
  {
    name: 'delete-domain',
    summary: 'Delete a domain and all routes in it',
    group: 'Routes and domains',
    arguments: [{ name: '<domain>', description: 'name of the domain', completion: 'domain' }],
    options: [FORCE],
    load: () => import('../commands/delete-domain.ts'),
  },
];
