import {
  type Cidr,
  cidrRange,
  type Ipv4,
  ipv4FromNumber,
  ipv4ToNumber,
  type Port,
  parsePort,
} from '../core/address.ts';
import type { Clock } from '../core/clock.ts';
import { SprueError } from '../core/errors.ts';
import { Rotation } from './rotation.ts';

/** Host ports that containers are mapped to: above the kernel's ephemeral ports (32768–60999). */
export const HOST_PORTS = { first: 61_001, last: 65_534 } as const;

const ADDRESS_REST_MS = 5_000;
const PORT_REST_MS = 120_000;
/** The cursors on disk run ahead of those in memory by this much, so few numbers wait for the disk. */
const CURSOR_LEAD = 64;

export interface Cursors {
  readonly nextAddress?: number;
  readonly nextPort?: number;
}

export interface AllocatorOptions {
  readonly range: Cidr;
  readonly cursors: Cursors;
  readonly clock: Clock;
  /** Resolves when the cursors are on disk. */
  readonly saveCursors: (cursors: Cursors) => Promise<void>;
  /** Whether a process of this machine has the port. */
  readonly isPortBusy: (port: number) => Promise<boolean>;
}

/** Addresses and host ports of containers. No number is handed out twice at a time. */
export class Allocator {
  readonly #options: AllocatorOptions;
  readonly #addresses: Rotation;
  readonly #ports: Rotation;
  #covered = { addresses: 0, ports: 0 };
  #saving: Promise<void> = Promise.resolve();

  constructor(options: AllocatorOptions) {
    const { range, cursors, clock } = options;
    const { first, last } = cidrRange(range);
    this.#options = options;
    this.#addresses = new Rotation({
      first: first + 1,
      last: last - 1,
      restMs: ADDRESS_REST_MS,
      clock,
      ...(cursors.nextAddress !== undefined && { next: cursors.nextAddress }),
    });
    this.#ports = new Rotation({
      ...HOST_PORTS,
      restMs: PORT_REST_MS,
      clock,
      ...(cursors.nextPort !== undefined && { next: cursors.nextPort }),
    });
  }

  /** @throws SprueError `ADDRESSES_EXHAUSTED` */
  async takeAddress(): Promise<Ipv4> {
    const value = this.#addresses.take();
    if (value === undefined) {
      throw new SprueError('ADDRESSES_EXHAUSTED', { range: this.#options.range });
    }
    await this.#keepLead();
    return ipv4FromNumber(value);
  }

  /** @throws SprueError `HOST_PORTS_EXHAUSTED` */
  async takePort(): Promise<Port> {
    const busy: number[] = [];
    try {
      for (;;) {
        const value = this.#ports.take();
        if (value === undefined) throw new SprueError('HOST_PORTS_EXHAUSTED', HOST_PORTS);
        await this.#keepLead();
        if (!(await this.#options.isPortBusy(value))) return parsePort(value);
        busy.push(value);
      }
    } finally {
      for (const value of busy) {
        this.#ports.release(value);
        this.#ports.wake(value); // it did not serve a container: no router knows it
      }
    }
  }

  /** Takes over what a container holds that is already there. */
  hold(address: Ipv4, port: Port | undefined): void {
    this.#addresses.hold(ipv4ToNumber(address));
    if (port !== undefined) this.#ports.hold(port);
  }

  releaseAddress(address: Ipv4): void {
    this.#addresses.release(ipv4ToNumber(address));
  }

  releasePort(port: Port): void {
    this.#ports.release(port);
  }

  /** Nobody knows the released port any more: its rest is over. */
  wakePort(port: Port): void {
    this.#ports.wake(port);
  }

  async #keepLead(): Promise<void> {
    if (
      this.#addresses.steps > this.#covered.addresses ||
      this.#ports.steps > this.#covered.ports
    ) {
      this.#covered = {
        addresses: this.#addresses.steps + CURSOR_LEAD,
        ports: this.#ports.steps + CURSOR_LEAD,
      };
      this.#saving = this.#options.saveCursors({
        nextAddress: this.#addresses.next + CURSOR_LEAD,
        nextPort: this.#ports.next + CURSOR_LEAD,
      });
      this.#saving.catch(() => {
        this.#covered = { addresses: 0, ports: 0 };
      });
    }
    await this.#saving;
  }
}
