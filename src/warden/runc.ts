import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../core/errors.ts';
import type { InstanceId } from '../core/ids.ts';
import { run } from '../exec/run.ts';
import { requireProgram } from './programs.ts';

const TIMEOUT_MS = 20_000;

/** runc, with a state folder of its own, so that two platforms on one machine don't meet. */
export class Runc {
  readonly #stateFolder: string;

  constructor(stateFolder: string) {
    this.#stateFolder = stateFolder;
  }

  /** Whether runc has made the container, and its process waits for {@link Runc.start}. */
  isWaitingForStart(instanceId: InstanceId): boolean {
    return existsSync(join(this.#stateFolder, instanceId, 'exec.fifo'));
  }

  /** Lets the process of a made container run. @throws SprueError `COMMAND_FAILED` */
  async start(instanceId: InstanceId): Promise<void> {
    await this.#run('start', instanceId);
  }

  /** Removes what runc knows of an ended container, and its cgroups. Absent is success. */
  async delete(instanceId: InstanceId): Promise<void> {
    const folder = join(this.#stateFolder, instanceId);
    if (!existsSync(folder)) return;
    try {
      await this.#run('delete', instanceId);
    } catch (error) {
      if (!isContainerMissing(error)) throw error;
    }
    await rm(folder, { recursive: true, force: true }); // left when `create` was cut short
  }

  #run(verb: 'start' | 'delete', instanceId: InstanceId) {
    const argv = [requireProgram('runc'), '--root', this.#stateFolder, verb, instanceId] as const;
    return run([...argv], { timeoutMs: TIMEOUT_MS });
  }
}

/** runc tells by text only. `test/200-warden` provokes it, so that another wording is noticed. */
export function isContainerMissing(error: unknown): boolean {
  return hasCode(error, 'COMMAND_FAILED') && /container does not exist/.test(error.message);
}

/**
 * The reason in what runc writes to standard error, `time="…" level=error msg="…"`, without the
 * names of its steps; anything else unchanged.
 */
export function reasonOfRunc(stderr: string): string {
  const message = /level=error msg="((?:[^"\\]|\\.)*)"/.exec(stderr)?.[1];
  if (message === undefined) return stderr.trim();
  return message
    .replace(/\\(["\\])/g, '$1')
    .replace(/^runc \w+ failed: /, '')
    .replace(/^unable to start container process: /, '')
    .replace(/^error during container init: /, '');
}
