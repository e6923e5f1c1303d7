import type { Clock } from '../core/clock.ts';
import type { Guid } from '../core/ids.ts';
import type { DesiredInstance } from '../proto/desired-instance.ts';
import { Instance } from './instance/instance.ts';
import type { InstanceHost } from './instance/instance-host.ts';
import type { Resumption } from './recovery/plan-recovery.ts';

/** All instances of this DEA by the guid of what is desired. */
export class Instances {
  readonly #host: InstanceHost;
  readonly #clock: Clock;
  readonly #instances = new Map<Guid, Instance>();
  readonly #onForgotten: () => void;
  #leaving = false;

  /** `onForgotten` is called whenever an instance is gone for good. */
  constructor(host: InstanceHost, onForgotten: () => void) {
    this.#host = host;
    this.#clock = host.clock;
    this.#onForgotten = onForgotten;
  }

  all(): readonly Instance[] {
    return [...this.#instances.values()];
  }

  resume({ wish, ...beginning }: Resumption): void {
    const instance = this.#add(new Instance(beginning, this.#host));
    if (wish === undefined) instance.unwant();
    else if (wish !== beginning.desired) instance.want(wish);
  }

  want(desired: DesiredInstance): void {
    const instance = this.#instances.get(desired.guid);
    if (instance !== undefined) return instance.want(desired);
    this.#add(new Instance(Instance.fresh(desired, this.#clock.now()), this.#host));
  }

  unwant(guid: Guid): void {
    this.#instances.get(guid)?.unwant();
  }

  /** Stops watching; what runs goes on running. */
  async leave(): Promise<void> {
    this.#leaving = true;
    await Promise.all(this.all().map(instance => instance.leave()));
  }

  /** Stops every instance gracefully. */
  async stop(): Promise<void> {
    const all = this.all();
    for (const instance of all) instance.unwant();
    await Promise.all(all.map(instance => instance.ended));
  }

  #add(instance: Instance): Instance {
    const { guid } = instance.desired;
    this.#instances.set(guid, instance);
    void instance.ended.then(() => {
      if (this.#leaving) return;
      this.#instances.delete(guid);
      this.#onForgotten();
    });
    return instance;
  }
}
