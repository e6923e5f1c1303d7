import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { poll } from '../../src/core/wait.ts';
import { run } from '../../src/exec/run.ts';
import { inNetns } from './net-lab.ts';

/**
 * What one test could leave behind. Other tests run on the same machine, so names are needed for
 * what is shared by all of them.
 */
export interface LeakScope {
  /** A namespace that only this test uses: its links, addresses, routes and nft tables count. */
  readonly netns?: string;
  /** Named network namespaces, mounts, cgroups and processes (command line) that contain one of these texts count. */
  readonly marks?: readonly string[];
  /** Folders whose entries count. */
  readonly folders?: readonly string[];
}

/** One line per thing, e.g. `mount /run/netns/sprue-…`. */
export type MachineState = ReadonlySet<string>;

const SETTLE_MS = 5000; // the kernel removes namespaces in the background

export async function readMachine(scope: LeakScope): Promise<MachineState> {
  const marks = scope.marks ?? [];
  const marked = (text: string) => marks.some(mark => text.includes(mark));
  return new Set([
    ...(scope.netns === undefined ? [] : await networkOf(scope.netns)),
    ...entries('/run/netns')
      .filter(marked)
      .map(name => `netns ${name}`),
    ...mounts()
      .filter(marked)
      .map(path => `mount ${path}`),
    ...cgroups()
      .filter(marked)
      .map(path => `cgroup ${path}`),
    ...processes()
      .filter(marked)
      .map(line => `process ${line}`),
    ...(scope.folders ?? []).flatMap(folder =>
      entries(folder).map(name => `file ${join(folder, name)}`),
    ),
  ]);
}

/** Fails, naming each thing, unless the machine is as `before`; waits for the kernel to settle. */
export async function assertNoLeak(
  before: MachineState,
  scope: LeakScope,
  { settleMs = SETTLE_MS }: { readonly settleMs?: number } = {},
): Promise<void> {
  let difference: { left: string[]; lost: string[] } = { left: [], lost: [] };
  await poll(
    async () => {
      const after = await readMachine(scope);
      difference = { left: [...after.difference(before)], lost: [...before.difference(after)] };
      return difference.left.length + difference.lost.length === 0 ? true : undefined;
    },
    { intervalMs: 50, timeoutMs: settleMs },
  );
  assert.deepEqual(difference, { left: [], lost: [] }, 'the machine is not as it was before');
}

async function networkOf(netns: string): Promise<string[]> {
  const read = async (...argv: [string, ...string[]]) => (await run(inNetns(netns, argv))).stdout;
  const [links, addresses, routes, tables] = await Promise.all([
    read('ip', '-j', 'link'),
    read('ip', '-j', '-4', 'address'),
    read('ip', '-j', '-4', 'route', 'show', 'table', 'all'),
    read('nft', 'list', 'tables'),
  ]);
  const parse = (json: string) => JSON.parse(json || '[]') as Record<string, string>[];
  return [
    ...parse(links).map(link => `link ${link['ifname']}`),
    ...parse(addresses).map(
      link => `address ${link['ifname']} ${JSON.stringify(link['addr_info'])}`,
    ),
    ...parse(routes).map(route => `route ${route['type'] ?? ''} ${route['dst']} ${route['dev']}`),
    ...tables.split('\n').filter(Boolean),
  ];
}

function mounts(): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map(line => line.split(' ')[4] ?? '');
}

function cgroups(): string[] {
  const found: string[] = [];
  const walk = (folder: string) => {
    for (const entry of entriesWithTypes(folder)) {
      if (!entry.isDirectory()) continue;
      const path = join(folder, entry.name);
      found.push(path);
      walk(path);
    }
  };
  walk('/sys/fs/cgroup');
  return found;
}

function processes(): string[] {
  return entries('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(pid => `${pid} ${commandLine(pid)}`);
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

function entries(folder: string): string[] {
  return entriesWithTypes(folder).map(entry => entry.name);
}

function entriesWithTypes(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
