import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { z } from 'zod';
import { type Port, parseIpv4, parsePort } from '../core/address.ts';
import { SprueError } from '../core/errors.ts';
import { readJsonFile, writeJsonFile } from '../core/json-file.ts';
import { freeNatsPort } from '../roles/nats-server.ts';
import { type StateDir, stateDir } from './state-dir.ts';
import type { UpOptions } from './up-options.ts';

const recordSchema = z.object({
  domain: z.string(),
  httpPort: z.number(),
  address: z.string(),
  natsPort: z.number(),
  /** Names this machine on the bus. Kept for ever: desired instances are addressed to it. */
  deaId: z.string(),
});

/** What a platform was started with, as `down`, `doctor` and the next start need it. */
export type PlatformRecord = z.infer<typeof recordSchema>;

/** Brings the record up to date with what `sprue up` was asked for. */
export async function recordPlatform(dir: StateDir, options: UpOptions): Promise<PlatformRecord> {
  const stored = await readPlatformRecord(dir);
  const record: PlatformRecord = {
    domain: options.domain,
    httpPort: options.httpPort,
    address: options.address,
    natsPort: stored?.natsPort ?? (await freeNatsPort()),
    deaId: stored?.deaId ?? newDeaId(),
  };
  await writeJsonFile(dir.platformFile, record, 0o644);
  return record;
}

/** @returns `undefined` when there is no platform in this folder. */
export async function readPlatformRecord(dir: StateDir): Promise<PlatformRecord | undefined> {
  const stored = await readJsonFile(dir.platformFile);
  return stored === undefined ? undefined : recordSchema.parse(stored);
}

/** The options that a running platform has. @throws SprueError `PLATFORM_NOT_HERE` */
export async function recordedOptions(root: string): Promise<UpOptions & { httpPort: Port }> {
  const record = await readPlatformRecord(stateDir(root));
  if (record === undefined) throw new SprueError('PLATFORM_NOT_HERE', { stateDir: root });
  return {
    domain: record.domain,
    httpPort: parsePort(record.httpPort),
    stateDir: root,
    address: parseIpv4(record.address),
  };
}

/**
 * `down --purge` removes the whole folder, so it must be ours from the beginning.
 * @throws SprueError `NOT_A_STATE_DIR` when the folder holds something else.
 */
export async function requireOwnFolder(dir: StateDir): Promise<void> {
  if ((await readJsonFile(dir.platformFile)) !== undefined) return;
  const found = await readdir(dir.root).catch(() => []);
  if (found.length === 0) return;
  throw new SprueError('NOT_A_STATE_DIR', {
    stateDir: dir.root,
    found: found.slice(0, 3).join(', '),
  });
}

/** The host's name, made fit for a NATS token, and four digits against equal names. */
function newDeaId(): string {
  const name = hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .slice(0, 40);
  return `${name || 'dea'}-${randomBytes(2).toString('hex')}`;
}
