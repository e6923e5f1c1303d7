import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';

export interface SocketOwner {
  /** On this host, not in the container. */
  readonly pid: number;
  readonly comm: string;
}

/** Which process of a container holds which socket. Looks at the container's own processes only. */
export async function socketOwners(
  firstPid: number,
  inodes: ReadonlySet<number>,
): Promise<ReadonlyMap<number, SocketOwner>> {
  const owners = new Map<number, SocketOwner>();
  for (const pid of await descendants(firstPid)) {
    for (const inode of await socketsOf(pid)) {
      if (!inodes.has(inode) || owners.has(inode)) continue;
      owners.set(inode, { pid, comm: await commandName(pid) });
    }
    if (owners.size === inodes.size) break;
  }
  return owners;
}

const MAX_PROCESSES = 1_000;

/** The process, its children, their children, … as proc(5) `children` lists them. */
async function descendants(firstPid: number): Promise<number[]> {
  const all = [firstPid];
  for (const pid of all) {
    if (all.length >= MAX_PROCESSES) break;
    const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
    const lists = await Promise.all(
      threads.map(tid => readFile(`/proc/${pid}/task/${tid}/children`, 'utf8').catch(() => '')),
    );
    all.push(...lists.join(' ').split(/\s+/).filter(Boolean).map(Number));
  }
  return all;
}

async function socketsOf(pid: number): Promise<number[]> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []); // ended meanwhile
  const targets = await Promise.all(
    names.map(name => readlink(`${folder}/${name}`).catch(() => '')),
  );
  return targets.flatMap(target => Number(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? 0) || []);
}

/** The program's name. `comm` is its main thread's, which Node.js calls `node-MainThread`. */
async function commandName(pid: number): Promise<string> {
  const program = await readlink(`/proc/${pid}/exe`).catch(() => undefined);
  if (program !== undefined) return basename(program.replace(/ \(deleted\)$/, ''));
  const text = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a process');
  return text.trim();
}
