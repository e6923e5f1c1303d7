import { reasonOf } from '../../core/errors.ts';
import type { Guid } from '../../core/ids.ts';
import type { Log } from '../../core/log.ts';
import type { DropletCache } from './droplet-cache.ts';

export interface DropletTidierOptions {
  readonly droplets: Pick<DropletCache, 'retain'>;
  readonly inUse: () => ReadonlySet<Guid>;
  readonly graceMs: number;
  readonly log: Log;
}

/** Removes droplets that no instance uses, a while after they became unused: the next push may want them. */
export class DropletTidier {
  readonly #options: DropletTidierOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DropletTidierOptions) {
    this.#options = options;
  }

  /** Some droplet may have become unused. */
  schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const { droplets, inUse, log } = this.#options;
      droplets.retain(inUse()).catch(thrown => {
        log.warn({ reason: reasonOf(thrown) }, 'unused droplets cannot be removed');
      });
    }, this.#options.graceMs).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
