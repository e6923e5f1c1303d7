import { cpus, loadavg, release } from 'node:os';

export interface BenchReport {
  readonly bench: string;
  readonly figures: Readonly<Record<string, number>>;
  readonly ratios: Readonly<Record<string, number>>;
}

/** With `--json` the last line is one object for machines; the table before it is for people. */
export function printReport({ bench, figures, ratios }: BenchReport): void {
  const rows = [...Object.entries(figures), ...Object.entries(ratios)];
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) console.log(`${name.padEnd(width)}  ${round(value)}`);
  if (!process.argv.includes('--json')) return;
  const machine = {
    cpu: cpus()[0]?.model ?? '',
    cores: cpus().length,
    kernel: release(),
    load: loadavg(),
  };
  console.log(JSON.stringify({ bench, machine, figures, ratios }));
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** Nearest rank. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
