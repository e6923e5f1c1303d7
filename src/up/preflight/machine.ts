import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { formatBytes } from '../../core/size.ts';
import { describeSocketOwner, listTcpListeners } from '../../exec/listeners.ts';
import { findRecordedProcess } from '../../roles/kept-process.ts';
import { routerRecordFile } from '../../roles/router-process.ts';
import { closedFolderAbove } from '../../warden/create-container.ts';
import { stateDir } from '../state-dir.ts';
import { type Check, fail, ok, warn } from './check.ts';

export const rootCheck: Check = {
  name: 'root',
  async run() {
    if (process.getuid?.() === 0) return ok('running as root');
    return fail('not running as root', 'Run this as root or with sudo.');
  },
};

/** The router's port is free, or our own router of an earlier start holds it. */
export const httpPortCheck: Check = {
  name: 'http port',
  async run({ httpPort, stateDir: root }) {
    const router = await findRecordedProcess(routerRecordFile(stateDir(root).router));
    if (router !== undefined) return ok(`${httpPort}, our router runs (pid ${router.pid})`);
    const listener = listTcpListeners().find(({ port }) => port === httpPort);
    if (listener === undefined) return ok(`${httpPort} is free`);
    const owner = describeSocketOwner(listener.inode) ?? 'another process';
    return fail(
      `port ${httpPort} is taken by ${owner}`,
      `Stop it, or choose another port with --http-port.`,
    );
  },
};

/** Containers' users reach their files only through folders that let everybody pass. */
export const stateDirCheck: Check = {
  name: 'state directory',
  async run({ stateDir: root }) {
    const closed = closedFolderAbove(root);
    if (closed === undefined) return ok(root);
    return fail(
      `${root} lies in ${closed}, which other users may not enter`,
      `Run \`chmod o+x ${closed}\`, or choose another folder with --state-dir.`,
    );
  },
};

const MINIMUM_FREE_BYTES = 2 ** 30;

export const diskCheck: Check = {
  name: 'disk',
  async run({ stateDir: root }) {
    const { bavail, bsize, path } = await freeSpace(root);
    const freeBytes = bavail * bsize;
    const found = `${formatBytes(freeBytes)} free below ${path}`;
    if (freeBytes >= MINIMUM_FREE_BYTES) return ok(found);
    return warn(
      found,
      'Packages, droplets and logs need room: free some, or choose another --state-dir.',
    );
  },
};

async function freeSpace(path: string): Promise<{ bavail: number; bsize: number; path: string }> {
  try {
    const { bavail, bsize } = await statfs(path);
    return { bavail, bsize, path };
  } catch (thrown) {
    if (path === '/') throw thrown;
    return freeSpace(dirname(path));
  }
}
