import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { reasonOf } from '../../core/errors.ts';
import type { Guid } from '../../core/ids.ts';
import { readJsonFile, writeJsonFile } from '../../core/json-file.ts';
import type { Log } from '../../core/log.ts';
import { listenProblemSchema } from '../../proto/actual-instance.ts';
import { type DesiredInstance, desiredInstanceSchema } from '../../proto/desired-instance.ts';
import { instanceIdSchema } from '../../proto/id-schemas.ts';
import type { InstanceStatus } from './transition.ts';

/** What the next agent must know about an instance: what was wanted, and how far it got. */
export interface InstanceRecord {
  readonly desired: DesiredInstance;
  readonly status: InstanceStatus;
}

/** JSON leaves out what is undefined. */
function maybe<T>(schema: z.ZodType<T>) {
  return schema.optional().transform(value => value);
}

const crashSchema = z.object({
  count: z.number(),
  atMs: z.number(),
  reason: z.string(),
  exitStatus: z.number().exactOptional(),
  lastLines: z.array(z.string()),
});

const runShape = {
  instanceId: instanceIdSchema,
  sinceMs: z.number(),
  crash: maybe(crashSchema),
};

const listenProblem = maybe(listenProblemSchema);

const statusSchema = z.discriminatedUnion('state', [
  z.object({ ...runShape, state: z.literal('STARTING'), listenProblem }),
  z.object({ ...runShape, state: z.literal('RUNNING'), routable: z.boolean() }),
  z.object({ ...runShape, state: z.literal('STOPPING') }),
  z.object({ ...runShape, state: z.literal('STOPPED') }),
  z.object({
    ...runShape,
    state: z.literal('CRASHED'),
    crash: crashSchema,
    nextStartMs: z.number(),
    listenProblem,
  }),
]);

const recordSchema = z.object({ desired: desiredInstanceSchema, status: statusSchema });

/** One file per desired instance, written before the kernel is changed. */
export class InstanceRecords {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string): Promise<InstanceRecords> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new InstanceRecords(folder);
  }

  async save(record: InstanceRecord): Promise<void> {
    await writeJsonFile(this.#pathOf(record.desired.guid), record);
  }

  /** Absent is success. */
  async remove(guid: Guid): Promise<void> {
    await rm(this.#pathOf(guid), { force: true });
  }

  /** All records. A damaged one is reported and left out: the kernel and the store tell the rest. */
  async load(log: Log): Promise<InstanceRecord[]> {
    const records: InstanceRecord[] = [];
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name);
      if (!name.endsWith('.json')) await rm(path, { force: true });
      else {
        try {
          records.push(recordSchema.parse(await readJsonFile(path)));
        } catch (thrown) {
          log.error({ path, reason: reasonOf(thrown) }, 'record of an instance is damaged');
          await rm(path, { force: true });
        }
      }
    }
    return records;
  }

  #pathOf(guid: Guid): string {
    return join(this.#folder, `${guid}.json`);
  }
}
