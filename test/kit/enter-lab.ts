import { spawn } from 'node:child_process';
import { createNetLab, destroyNetLab, inNetns, type NetLab, openNetLab } from './net-lab.ts';

const LAB_VARIABLE = 'SPRUE_TEST_LAB';

/**
 * Runs the calling test file inside the `host` namespace of a lab of its own.
 *
 *     const lab = await enterLab(import.meta.filename); // first statement of the file
 *
 * Called outside, it makes the lab, starts the same file inside with the same standard streams
 * (node's test runner reads the results as if it had started it itself), removes the lab and ends
 * the process. Called inside, it returns. So the code under test runs unchanged, in a kernel
 * network that is empty and its own.
 */
export async function enterLab(testFile: string): Promise<NetLab> {
  const inherited = process.env[LAB_VARIABLE];
  if (inherited !== undefined) return openNetLab(JSON.parse(inherited));

  const names = await createNetLab();
  let exitCode = 1;
  try {
    const argv = inNetns(names.host, [process.execPath, ...process.execArgv, testFile]);
    exitCode = await runInherited(argv, { ...process.env, [LAB_VARIABLE]: JSON.stringify(names) });
  } finally {
    await destroyNetLab(names);
  }
  process.exit(exitCode);
}

async function runInherited(argv: readonly [string, ...string[]], env: NodeJS.ProcessEnv) {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const [program, ...args] = argv;
  const child = spawn(program, args, { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  child.once('error', reject);
  child.once('close', code => resolve(code ?? 1));
  return promise;
}
