import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { readJsonFile, writeJsonFile } from '../core/json-file.ts';
import { poll } from '../core/wait.ts';
import { startDaemon } from '../exec/daemon.ts';
import { identifyProcess, isSameProcess, type ProcessIdentity } from '../exec/process-table.ts';

const recordSchema = z.object({ pid: z.number(), startTicks: z.string(), fingerprint: z.string() });

export interface KeptProcessOptions {
  readonly argv: readonly [string, ...string[]];
  /** Remembers pid and start time between two starts of `sprue up`. */
  readonly recordFile: string;
  readonly logFile: string;
  /** Everything that asks for a new process when it changes: configuration text, version. */
  readonly fingerprint: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * A process that outlives `sprue up`: started once, adopted by the next start. It is found again by
 * pid and start time, so a pid that the kernel gave to somebody else is never taken for ours.
 */
export class KeptProcess {
  readonly #options: KeptProcessOptions;
  #identity: ProcessIdentity | undefined;

  constructor(options: KeptProcessOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#identity?.pid;
  }

  get alive(): boolean {
    return this.#identity !== undefined && isSameProcess(this.#identity);
  }

  /** Takes over the process of an earlier start when it still runs with the same fingerprint. */
  async adopt(): Promise<boolean> {
    const record = await readRecord(this.#options.recordFile);
    if (record === undefined || record.fingerprint !== hash(this.#options.fingerprint))
      return false;
    if (!isSameProcess(record)) return false;
    this.#identity = record;
    return true;
  }

  async start(): Promise<void> {
    const { argv, logFile, recordFile, fingerprint, env } = this.#options;
    const pid = await startDaemon(argv, {
      logFile,
      ...(env && { env: { ...ownEnvironment(), ...env } }),
    });
    this.#identity = identifyProcess(pid) ?? { pid, startTicks: '' };
    await writeJsonFile(recordFile, { ...this.#identity, fingerprint: hash(fingerprint) });
  }
}

/** Ends the recorded process: SIGTERM, then SIGKILL after `graceMs`. Not there is success. */
export async function stopRecordedProcess(recordFile: string, graceMs: number): Promise<void> {
  const record = await readRecord(recordFile);
  if (record !== undefined) await stopProcess(record, graceMs);
}

export async function stopProcess(identity: ProcessIdentity, graceMs: number): Promise<void> {
  if (!isSameProcess(identity)) return;
  process.kill(identity.pid, 'SIGTERM');
  const gone = await poll(() => (isSameProcess(identity) ? undefined : true), {
    intervalMs: 25,
    timeoutMs: graceMs,
  });
  if (gone || !isSameProcess(identity)) return;
  process.kill(identity.pid, 'SIGKILL');
  await delay(50);
}

/** The recorded process, when it still runs. */
export async function findRecordedProcess(
  recordFile: string,
): Promise<ProcessIdentity | undefined> {
  const record = await readRecord(recordFile);
  return record !== undefined && isSameProcess(record) ? record : undefined;
}

async function readRecord(path: string): Promise<z.infer<typeof recordSchema> | undefined> {
  const parsed = recordSchema.safeParse(await readJsonFile(path).catch(() => undefined));
  return parsed.data;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function ownEnvironment(): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin' };
}
