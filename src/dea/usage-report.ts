import { setTimeout as delay } from 'node:timers/promises';
import type { InstanceId } from '../core/ids.ts';
import type { InstanceUsage } from '../proto/actual-instance.ts';
import type { Warden } from '../warden/warden.ts';
import type { Instance } from './instance/instance.ts';

interface Sample {
  readonly cpuNs: number;
  readonly atMs: number;
}

/** A shorter span between two samples says little. */
const SHORTEST_SPAN_MS = 500;
const FIRST_SPAN_MS = 100;

/** Tells what running instances use. CPU is the mean since the last question. */
export class UsageReport {
  readonly #warden: Pick<Warden, 'usage'>;
  readonly #samples = new Map<InstanceId, Sample>();

  constructor(warden: Pick<Warden, 'usage'>) {
    this.#warden = warden;
  }

  async ask(instances: readonly Instance[]): Promise<InstanceUsage[]> {
    const running = new Set(instances.map(instance => instance.run?.instanceId));
    for (const id of this.#samples.keys()) if (!running.has(id)) this.#samples.delete(id);
    const usages = await Promise.all(instances.map(instance => this.#askOne(instance)));
    return usages.filter(usage => usage !== undefined);
  }

  async #askOne({ run, desired }: Instance): Promise<InstanceUsage | undefined> {
    if (run === undefined) return undefined;
    const before = this.#samples.get(run.instanceId) ?? (await this.#firstSample(run.instanceId));
    const usage = await this.#warden.usage(run.instanceId);
    if (usage === undefined || before === undefined) return undefined;
    const now = { cpuNs: usage.cpuNs, atMs: performance.now() };
    const spanMs = now.atMs - before.atMs;
    if (spanMs >= SHORTEST_SPAN_MS) this.#samples.set(run.instanceId, now);
    const cpu = (now.cpuNs - before.cpuNs) / 1e6 / Math.max(spanMs, 1);
    const { memoryBytes, diskBytes } = usage;
    return { guid: desired.guid, cpu: Math.max(0, cpu), memoryBytes, diskBytes };
  }

  /** Asked for the first time, a short span has to do. */
  async #firstSample(instanceId: InstanceId): Promise<Sample | undefined> {
    const usage = await this.#warden.usage(instanceId);
    if (usage === undefined) return undefined;
    const sample = { cpuNs: usage.cpuNs, atMs: performance.now() };
    this.#samples.set(instanceId, sample);
    await delay(FIRST_SPAN_MS);
    return sample;
  }
}
