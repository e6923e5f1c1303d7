import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SprueError } from '../core/errors.ts';
import { readJsonFile, writeJsonFile } from '../core/json-file.ts';
import { checkLabName, type LabPlan, type LabShape, netnsPrefix, planLab } from './lab-plan.ts';

const LABS = '/var/lib/sprue-labs';

/**
 * Where everything of a lab lives, a pure function of its name:
 *
 * ```
 * /var/lib/sprue-labs/<name>/   0711
 *   lab.json                    what it was started with
 *   home/                       SPRUE_HOME of `lab exec`
 *   <host>/                     0711: the “disk” of one machine: configuration, state, logs
 *     uts                       its hostname (a UTS namespace, bind-mounted)
 * ```
 */
export function labDir(name: string): string {
  return join(LABS, checkLabName(name));
}

export function hostDir(labName: string, host: string): string {
  return join(labDir(labName), host);
}

/** What `ip netns exec` puts in place of the files in /etc. */
export function etcDir(netns: string): string {
  return join('/etc/netns', netns);
}

const recordSchema = z.object({
  name: z.string(),
  routers: z.number(),
  deas: z.number(),
  domain: z.string(),
  /** `starting` for ever: `lab up` was killed. */
  state: z.enum(['starting', 'up']),
});

export type LabRecord = z.infer<typeof recordSchema>;

/**
 * Claims the name: of two that try at once one gets it.
 * @throws SprueError `LAB_EXISTS`
 */
export async function claimLab(shape: LabShape): Promise<void> {
  const { name } = shape;
  const refuse = async () => new SprueError('LAB_EXISTS', describe(name, await readRecord(name)));
  if (remainingNetns(name).length > 0) throw await refuse();
  while (!(await makeLabDir(name))) if (existsSync(labDir(name))) throw await refuse();
  await writeRecord({ ...shape, state: 'starting' });
}

/** @returns false when it is there already, or when another lab’s end took the folder of all labs away. */
async function makeLabDir(name: string): Promise<boolean> {
  await mkdir(LABS, { recursive: true, mode: 0o711 });
  try {
    await mkdir(labDir(name), { mode: 0o711 });
    return true;
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOENT') return false;
    throw thrown;
  }
}

/** The last thing of a lab to go; the folder of all labs goes with the last lab. */
export async function removeLabDir(name: string): Promise<void> {
  await rm(labDir(name), { recursive: true, force: true });
  await rmdir(LABS).catch(() => {}); // others are there
}

export async function writeRecord({ name, routers, deas, domain, state }: LabRecord) {
  const record = { name, routers, deas, domain, state };
  await writeJsonFile(join(labDir(name), 'lab.json'), record, 0o644);
}

export async function readRecord(name: string): Promise<LabRecord | undefined> {
  const json = await readJsonFile(join(labDir(name), 'lab.json')).catch(() => undefined);
  return recordSchema.safeParse(json).data;
}

/** @throws SprueError `LAB_NOT_HERE`, `LAB_HALF_HERE` */
export async function openLab(name: string): Promise<LabPlan> {
  const record = await readRecord(name);
  if (record === undefined && !labRemains(name)) {
    const others = listLabs().filter(other => other !== name);
    const known = others.length === 0 ? '' : ` There is: ${others.join(', ')}.`;
    throw new SprueError('LAB_NOT_HERE', { name, known });
  }
  if (record?.state !== 'up') throw new SprueError('LAB_HALF_HERE', { name });
  return planLab(record);
}

export function labRemains(name: string): boolean {
  return existsSync(labDir(name)) || remainingNetns(name).length > 0;
}

/** Namespaces of the lab that exist. */
export function remainingNetns(name: string): string[] {
  const prefix = netnsPrefix(name);
  return entries('/run/netns').filter(netns => netns.startsWith(prefix));
}

/** Folders of the lab's hosts that exist. */
export function remainingHosts(name: string): string[] {
  const folders = readEntries(labDir(name)).filter(entry => entry.isDirectory());
  return folders.map(entry => entry.name).filter(folder => folder !== 'home');
}

export function listLabs(): string[] {
  return entries(LABS);
}

export function entries(folder: string): string[] {
  return readEntries(folder).map(entry => entry.name);
}

function readEntries(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function describe(name: string, record: LabRecord | undefined) {
  const state = record?.state === 'up' ? 'is up already' : 'is there already, but only in part';
  return { name, state };
}
