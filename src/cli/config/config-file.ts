import { constants } from 'node:fs';
import { chown, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { reasonOf, SprueError } from '../../core/errors.ts';

/** A platform that the command line can speak to, and where in it. */
export interface Target {
  /** Base URL of the API, without a slash at its end. */
  readonly api: string;
  readonly accessToken?: string;
  readonly refreshToken?: string;
  readonly user?: string;
  readonly org?: string;
  readonly space?: string;
  /** TLS certificates of this API are not checked. */
  readonly skipSslValidation?: boolean;
}

/** Contents of `config.json`. */
export interface CliConfig {
  readonly version: 1;
  /** API of the current target. */
  readonly current?: string;
  /** By API. */
  readonly targets: Readonly<Record<string, Target>>;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const EMPTY: CliConfig = { version: 1, targets: {} };
const LOCK_STALE_MS = 5_000;
const LOCK_RETRY_MS = 15;

/** `$SPRUE_HOME`, or `.sprue` in the home directory. */
export function sprueHome(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const { SPRUE_HOME } = env;
  return SPRUE_HOME !== undefined && SPRUE_HOME !== '' ? SPRUE_HOME : join(homedir(), '.sprue');
}

/** @throws SprueError `CONFIG_UNREADABLE` when the file is there but no configuration. */
export async function readConfig(home: string): Promise<CliConfig> {
  const path = join(home, 'config.json');
  try {
    return parseConfig(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return EMPTY;
    throw new SprueError('CONFIG_UNREADABLE', { path, reason: reasonOf(cause) }, { cause });
  }
}

/**
 * Reads, changes and writes the configuration under a lock, so that commands running at the same time
 * lose nothing. The file has mode 0600 and is replaced as a whole.
 */
export async function updateConfig(
  home: string,
  change: (config: CliConfig) => CliConfig,
  options: { readonly owner?: Owner } = {},
): Promise<CliConfig> {
  const path = join(home, 'config.json');
  try {
    await mkdir(home, { recursive: true, mode: 0o700 });
    if (options.owner) await chown(home, options.owner.uid, options.owner.gid);
    await using _lock = await acquireLock(`${path}.lock`);
    const config = change(await readConfig(home));
    await replaceFile(path, `${JSON.stringify(config, null, 2)}\n`, options.owner);
    return config;
  } catch (cause) {
    if (cause instanceof SprueError) throw cause;
    throw new SprueError('CONFIG_UNREADABLE', { path, reason: reasonOf(cause) }, { cause });
  }
}

async function replaceFile(path: string, text: string, owner: Owner | undefined): Promise<void> {
  const temporary = join(dirname(path), `.config.${process.pid}.${Date.now()}.tmp`);
  try {
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;
    await using file = await open(temporary, flags, 0o600);
    await file.writeFile(text);
    if (owner) await file.chown(owner.uid, owner.gid);
    await file.sync();
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  }
}

async function acquireLock(path: string): Promise<AsyncDisposable> {
  for (;;) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.close();
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
      await removeStaleLock(path);
      await delay(LOCK_RETRY_MS);
    }
  }
}

/** A command that was killed leaves its lock behind; nobody holds it for longer than a file write. */
async function removeStaleLock(path: string): Promise<void> {
  const info = await stat(path).catch(() => undefined);
  if (info && Date.now() - info.mtimeMs > LOCK_STALE_MS) await rm(path, { force: true });
}

function parseConfig(value: unknown): CliConfig {
  if (!isRecord(value) || value['version'] !== 1 || !isRecord(value['targets'])) {
    throw new TypeError('it is not a configuration of this version');
  }
  const targets: Record<string, Target> = {};
  for (const [api, target] of Object.entries(value['targets'])) {
    if (!isRecord(target) || target['api'] !== api) throw new TypeError(`target ${api} is broken`);
    targets[api] = target as unknown as Target;
  }
  const current = value['current'];
  return { version: 1, targets, ...(typeof current === 'string' && { current }) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
