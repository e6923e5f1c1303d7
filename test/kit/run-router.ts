import { runRouter } from '../../src/router/main.ts';

/** A router process: `node run-router.ts CONFIG-FILE`. */
await runRouter({ configFile: process.argv[2] ?? '' });
