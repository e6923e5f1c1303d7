import { runCli } from '../src/cli/program.ts';
import { LAB_COMMANDS } from '../src/lab/lab-commands.ts';
import { LAB_TRACE_COMMAND } from '../src/lab/trace-from.ts';
import { PLATFORM_COMMANDS } from '../src/up/platform-commands.ts';

process.exitCode = await runCli(process.argv.slice(2), {
  commands: [...PLATFORM_COMMANDS, ...LAB_COMMANDS, LAB_TRACE_COMMAND],
});
