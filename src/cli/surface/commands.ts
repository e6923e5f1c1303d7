import type { CommandSpec } from '../command-spec.ts';
import { ACCOUNT_COMMANDS } from './account-commands.ts';
import { APP_COMMANDS } from './app-commands.ts';
import { EDGE_COMMANDS } from './edge-commands.ts';
import { MORE_COMMANDS } from './more-commands.ts';
import { ROUTE_COMMANDS } from './route-commands.ts';
import { TRACE_COMMAND, TRACE_LEG_COMMAND } from './trace-command.ts';

/** Every verb of the command line, in the order of its help. */
export const CLI_COMMANDS: readonly CommandSpec[] = [
  ...APP_COMMANDS,
  TRACE_COMMAND,
  TRACE_LEG_COMMAND,
  ...ROUTE_COMMANDS,
  ...EDGE_COMMANDS,
  ...ACCOUNT_COMMANDS,
  ...MORE_COMMANDS,
];
