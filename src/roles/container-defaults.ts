import { realpathSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { dirname } from 'node:path';
import { which } from '../exec/which.ts';
import type { ContainerMount } from '../warden/warden.ts';

/** Threads and processes of one container. */
const PIDS = 512;

/** What every container of this machine gets: our Node, the machine's npm, name servers. */
export function containerDefaults(nameservers: readonly string[]) {
  return { mounts: toolMounts(), nameservers, pids: PIDS };
}

/** Memory that instances may use in all: what the machine has, less what it needs itself. */
export function memoryCapacityMib(): number {
  const totalMib = Math.floor(totalmem() / 2 ** 20);
  return totalMib - Math.min(1024, Math.floor(totalMib / 4));
}

/** Disk that instances may use in all. */
export async function diskCapacityMib(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return Math.floor((bavail * bsize) / 2 ** 20);
}

function toolMounts(): ContainerMount[] {
  const node = {
    source: dirname(dirname(process.execPath)),
    destination: '/opt/node',
    readOnly: true,
  };
  const npm = npmFolder();
  if (npm === undefined || npm.startsWith('/usr/')) return [node]; // `/usr` is in every container
  return [node, { source: npm, destination: '/opt/npm', readOnly: true }];
}

/** The folder of the machine's npm package: `npm` on PATH is a link to `bin/npm-cli.js` in it. */
function npmFolder(): string | undefined {
  const command = which('npm');
  if (command === undefined) return undefined;
  return dirname(dirname(realpathSync(command)));
}
