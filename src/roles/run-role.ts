import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bus } from '../bus/bus.ts';
import { writeJsonFile } from '../core/json-file.ts';
import type { Log, LogLevel } from '../core/log.ts';
import { createLog } from '../core/process-log.ts';
import { connectPatiently } from './connect-patiently.ts';
import { EndSignal } from './end-signal.ts';
import { takeProcessLock } from './process-lock.ts';
import type { NatsSettings } from './role-config.ts';

/** The part of every role's configuration that {@link runRole} needs. */
export interface RoleSettings {
  readonly nats: NatsSettings;
  readonly state_dir: string;
  readonly log_level: LogLevel;
  readonly ready_file?: string | undefined;
}

export interface Role {
  readonly name: 'controller' | 'dea' | 'edge';
  readonly settings: RoleSettings;
  /**
   * Called once NATS is there. What it defers on `resources` is undone in reverse order at the end.
   * `signal` is aborted when the role is told to end while it still starts.
   */
  start(parts: RoleParts): Promise<void>;
}

export interface RoleParts {
  readonly bus: Bus;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly resources: AsyncDisposableStack;
}

/**
 * Runs one role until SIGTERM or SIGINT. It may be started before NATS, and killed at any time: the
 * next start goes on where this one ended.
 * @throws SprueError `ROLE_RUNNING`, `BUS_UNAVAILABLE`, and what the role itself throws
 */
export async function runRole({ name, settings, start }: Role): Promise<void> {
  const { state_dir, ready_file } = settings;
  const log = createLog(name, settings.log_level);
  using end = new EndSignal();
  await using resources = new AsyncDisposableStack();
  await mkdir(state_dir, { recursive: true, mode: 0o711 });
  const lock = join(state_dir, `${name}.json`);
  const details = { role: name, stateDir: state_dir };
  resources.use(await takeProcessLock(lock, { code: 'ROLE_RUNNING', details }));
  const tell = (line: string): void => void process.stderr.write(`${name}: ${line}\n`);
  try {
    const waiting = { name, log, tell, signal: end.signal };
    const bus = await connectPatiently(settings.nats, waiting);
    resources.defer(() => bus.drain());
    await start({ bus, log, signal: end.signal, resources });
    if (ready_file !== undefined) await writeJsonFile(ready_file, { pid: process.pid }, 0o644);
    tell('up');
    await end.wait();
    tell('stopping');
  } catch (thrown) {
    if (!end.signal.aborted) throw thrown;
  }
}
