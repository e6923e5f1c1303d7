import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cidr, parseCidr } from '../core/address.ts';
import { reasonOf } from '../core/errors.ts';
import { readJsonFile, writeJsonFile } from '../core/json-file.ts';
import type { Log } from '../core/log.ts';

/** What the host network remembers on disk: only what the kernel cannot tell. */
export interface HostNetworkState {
  readonly range?: Cidr;
  /** Where the rotations go on; always ahead of what was handed out. */
  readonly nextAddress?: number;
  readonly nextPort?: number;
  /** Other machines that may dial mapped ports, as the agent last said. */
  readonly clients?: readonly Cidr[];
  /** What `net.ipv4.ip_forward` was before we set it. */
  readonly ipForwardBefore?: '0';
  /** Hash of the rule set as written, and of what the kernel showed after loading it. */
  readonly ruleset?: { readonly source: string; readonly listing: string };
}

/** The state on disk; changes are written one after the other, whole and atomically. */
export class StateFile {
  readonly #path: string;
  #state: HostNetworkState;
  #written: Promise<void> = Promise.resolve();

  private constructor(path: string, state: HostNetworkState) {
    this.#path = path;
    this.#state = state;
  }

  /** An unreadable file is reported and started afresh: the kernel knows what runs. */
  static async open(folder: string, log: Log): Promise<StateFile> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, 'state.json');
    try {
      return new StateFile(path, checkState(await readJsonFile(path)));
    } catch (thrown) {
      log.warn(
        { path, reason: reasonOf(thrown) },
        'state of the host network is damaged; starting afresh',
      );
      return new StateFile(path, {});
    }
  }

  get state(): HostNetworkState {
    return this.#state;
  }

  /** Resolves when the change is on disk. */
  async update(change: HostNetworkState): Promise<void> {
    this.#state = { ...this.#state, ...change };
    const write = () => writeJsonFile(this.#path, this.#state);
    this.#written = this.#written.then(write, write);
    return this.#written;
  }
}

function checkState(value: unknown): HostNetworkState {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null) throw new TypeError('not a JSON object');
  const { range, nextAddress, nextPort, clients, ipForwardBefore, ruleset } = value as Record<
    string,
    unknown
  >;
  return {
    ...(typeof range === 'string' && { range: parseCidr(range) }),
    ...(typeof nextAddress === 'number' && { nextAddress }),
    ...(typeof nextPort === 'number' && { nextPort }),
    ...(Array.isArray(clients) && { clients: clients.map(client => parseCidr(String(client))) }),
    ...(ipForwardBefore === '0' && { ipForwardBefore }),
    ...(isRulesetMark(ruleset) && { ruleset }),
  };
}

function isRulesetMark(value: unknown): value is { source: string; listing: string } {
  const mark = value as { source?: unknown; listing?: unknown } | undefined | null;
  return typeof mark?.source === 'string' && typeof mark.listing === 'string';
}
