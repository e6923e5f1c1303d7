import { run } from '../exec/run.ts';

const FRESH_MS = 2_000;
/** A tree that takes long to count is counted less often, so that counting costs 1 % at most. */
const COST_FACTOR = 100;
const TIMEOUT_MS = 120_000;

interface Measurement {
  readonly bytes: Promise<number>;
  readonly validUntilMs: number;
}

/** Disk space of folders, measured at most every 2 s each. */
export class DiskUsage {
  readonly #measured = new Map<string, Measurement>();

  /** Space that a folder's files take on disk; 0 when it does not exist. */
  bytes(folder: string): Promise<number> {
    const known = this.#measured.get(folder);
    const startMs = performance.now();
    if (known !== undefined && startMs < known.validUntilMs) return known.bytes;
    const bytes = countBytes(folder);
    this.#measured.set(folder, { bytes, validUntilMs: Number.POSITIVE_INFINITY });
    const remember = () => {
      const costMs = performance.now() - startMs;
      const validUntilMs = performance.now() + Math.max(FRESH_MS, COST_FACTOR * costMs);
      if (this.#measured.get(folder)?.bytes === bytes)
        this.#measured.set(folder, { bytes, validUntilMs });
    };
    bytes.then(remember, () => this.forget(folder));
    return bytes;
  }

  forget(folder: string): void {
    this.#measured.delete(folder);
  }
}

/** du, unlike a walk in this process, copes with paths longer than the kernel's limit. */
async function countBytes(folder: string): Promise<number> {
  const argv = ['du', '--summarize', '--one-file-system', '--block-size=1', '--', folder] as const;
  // 1: a file vanished meanwhile, or the folder is absent
  const result = await run([...argv], { okExitCodes: [0, 1], timeoutMs: TIMEOUT_MS });
  return Number.parseInt(result.stdout, 10) || 0;
}
