import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Ipv4 } from '../core/address.ts';
import { reasonOf } from '../core/errors.ts';
import { readJsonFile, writeJsonFile } from '../core/json-file.ts';
import type { Log } from '../core/log.ts';
import { floatingIpSchema } from '../proto/edge.ts';

const ipv4 = z.ipv4().transform(text => text as string as Ipv4);

/** What an edge remembers, so that it can go on before NATS and the routers have spoken again. */
const stateSchema = z.object({
  /** What `net.ipv4.ip_forward` was before the edge set it. */
  ipForwardBefore: z.literal('0').optional(),
  routers: z
    .array(z.object({ id: z.string(), name: z.string(), address: ipv4, port: z.number() }))
    .default([]),
  /** Absent before the controller has told any. */
  floatingIps: z.array(floatingIpSchema).optional(),
  placements: z.array(z.object({ address: ipv4, router: ipv4, sinceMs: z.number() })).default([]),
  /** Of the zones. */
  serial: z.number().optional(),
});
export type EdgeState = Readonly<z.infer<typeof stateSchema>>;

const FILE = 'edge-state.json';

/** The state on disk; changes are written one after the other, whole and atomically. */
export class EdgeStateFile {
  readonly #path: string;
  #state: EdgeState;
  #written: Promise<void> = Promise.resolve();

  private constructor(path: string, state: EdgeState) {
    this.#path = path;
    this.#state = state;
  }

  /** An unreadable file is reported and started afresh: the kernel and NATS know the rest. */
  static async open(folder: string, log: Log): Promise<EdgeStateFile> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, FILE);
    try {
      return new EdgeStateFile(path, stateSchema.parse((await readJsonFile(path)) ?? {}));
    } catch (thrown) {
      log.warn({ path, reason: reasonOf(thrown) }, 'state of the edge is damaged; starting afresh');
      return new EdgeStateFile(path, stateSchema.parse({}));
    }
  }

  /** Absent is success. */
  static async remove(folder: string): Promise<void> {
    await rm(join(folder, FILE), { force: true });
  }

  get state(): EdgeState {
    return this.#state;
  }

  /** Resolves when the change is on disk. Writes nothing when nothing changes. */
  async update(change: Partial<EdgeState>): Promise<void> {
    const next = { ...this.#state, ...change };
    if (JSON.stringify(next) === JSON.stringify(this.#state)) return this.#written;
    this.#state = next;
    const write = () => writeJsonFile(this.#path, this.#state);
    this.#written = this.#written.then(write, write);
    return this.#written;
  }
}
