import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { poll } from '../../src/core/wait.ts';
import { inNetns, type LabNode } from '../kit/net-lab.ts';

const SERVER = join(import.meta.dirname, '../../buildpacks/staticfile/lib/server.mjs');
const PORT = 8000;

/** Serves a folder by HTTP in a machine of the lab, with the staticfile buildpack's own server. */
export async function serveFolder(node: LabNode, address: string, root: string) {
  const folder = await mkdtemp(join(tmpdir(), 'sprue-www-'));
  await cp(SERVER, join(folder, 'server.mjs'));
  await writeFile(join(folder, 'settings.json'), JSON.stringify({ root, pushstate: false }));
  const program = [process.execPath, join(folder, 'server.mjs')];
  const argv = inNetns(node.netns, ['setpriv', '--pdeathsig', 'KILL', '--', ...program]);
  const child = spawn(argv[0], argv.slice(1), {
    env: { ...process.env, PORT: String(PORT) },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const answers = await poll(
    () =>
      fetch(`http://${address}:${PORT}/`).then(
        () => true,
        () => undefined,
      ),
    { intervalMs: 20, timeoutMs: 5000 },
  );
  if (answers === undefined) throw new Error('the web server did not start within 5 s');
  return {
    port: PORT,
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}
