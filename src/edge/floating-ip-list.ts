import type { KvBucket } from '../bus/kv-bucket.ts';
import type { Ipv4 } from '../core/address.ts';
import type { Log } from '../core/log.ts';
import { type FloatingIp, floatingIpKey } from '../proto/edge.ts';

/** The floating IPs that are allocated: first as remembered, then as the controller says. */
export class FloatingIpList {
  /** By key of the bucket. */
  readonly #entries: Map<string, FloatingIp>;

  #isKnown: boolean;

  /** @param remembered `undefined`: nothing is known until the controller has spoken */
  constructor(remembered: readonly FloatingIp[] | undefined) {
    this.#entries = new Map(remembered?.map(one => [floatingIpKey(one.address), one]));
    this.#isKnown = remembered !== undefined;
  }

  /** Whether one that is not listed is not allocated; else it may just not be known yet. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  all(): FloatingIp[] {
    return [...this.#entries.values()];
  }

  addresses(): Ipv4[] {
    return this.all().map(({ address }) => address);
  }

  /**
   * Follows the bucket. What was released while nobody followed is gone when this resolves; changes
   * are told from then on.
   */
  async follow(
    bucket: KvBucket<FloatingIp>,
    options: { readonly log: Log; readonly signal: AbortSignal; onChange(): void },
  ): Promise<void> {
    const { log, signal, onChange } = options;
    const found = new Set<string>();
    let isComplete = false;
    await bucket.watch(
      '>',
      {
        onChange: ({ key, value }) => {
          if (value === undefined) this.#entries.delete(key);
          else this.#entries.set(key, value);
          found.add(key);
          if (isComplete) onChange();
        },
        onInvalid: (key, reason) => log.warn({ key, reason }, 'floating IP left alone'),
      },
      signal,
    );
    isComplete = true;
    this.#isKnown = true;
    for (const key of this.#entries.keys()) if (!found.has(key)) this.#entries.delete(key);
  }
}
