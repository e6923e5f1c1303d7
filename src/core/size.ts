import { SprueError } from './errors.ts';

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
};

/**
 * Parses a size as Cloud Foundry manifests write it: `512M`, `1GB`, `64k` (binary multiples, any case).
 * @throws SprueError `INVALID_SIZE` when the unit is missing or the text is no size.
 */
export function parseSizeBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([BKMGT])B?$/.exec(text.trim().toUpperCase());
  const unit = UNITS[match?.[2] ?? ''];
  if (match === null || unit === undefined)
    throw new SprueError('INVALID_SIZE', { received: text });
  return Math.floor(Number(match[1]) * unit);
}

/** Like {@link parseSizeBytes}, in whole MiB. */
export function parseSizeMib(text: string): number {
  const mib = Math.floor(parseSizeBytes(text) / 2 ** 20);
  if (mib < 1) throw new SprueError('INVALID_SIZE', { received: text });
  return mib;
}

/** In the biggest unit of which there is one, with at most one decimal: `1G`, `512M`, `17.5M`. */
export function formatBytes(bytes: number): string {
  for (const [unit, factor] of [
    ['T', 2 ** 40],
    ['G', 2 ** 30],
    ['M', 2 ** 20],
    ['K', 2 ** 10],
  ] as const) {
    if (bytes >= factor) return `${Math.round((bytes / factor) * 10) / 10}${unit}`;
  }
  return `${bytes}B`;
}

export function formatMib(mib: number): string {
  return formatBytes(mib * 2 ** 20);
}
