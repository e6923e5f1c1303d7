// release <app>: prints the start command. JSON is YAML, and quotes whatever the command holds.
import { startCommand } from './package-json.mjs';

const command = startCommand(process.argv[2]);
console.log(JSON.stringify({ default_process_types: command ? { web: command } : {} }));
