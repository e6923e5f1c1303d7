import { reasonOf } from '../core/errors.ts';
import { run } from '../exec/run.ts';
import { TABLE } from './ruleset.ts';
import { tool } from './tool.ts';

/** Applies a script as one transaction: all of it or nothing. */
export async function nftApply(script: string): Promise<void> {
  await run([tool('nft'), '-f', '-'], { input: script });
}

/** Our table without elements and counts, as text, or `undefined` when there is none. */
export async function nftListTable(): Promise<string | undefined> {
  try {
    const { stdout } = await run([tool('nft'), '-s', '-t', 'list', 'table', ...table()]);
    return stdout;
  } catch (thrown) {
    if (/No such file or directory/.test(reasonOf(thrown))) return undefined;
    throw thrown;
  }
}

/** Removes our table. Absent is success. */
export async function nftDeleteTable(): Promise<void> {
  await nftApply(`add table ${TABLE}\ndelete table ${TABLE}\n`);
}

type JsonElement = [key: JsonValue, value: JsonValue];
type JsonValue = string | number | { concat: (string | number)[] };

/** The elements of one of our maps, each as `[key parts, value parts]`. An absent table has none. */
export async function nftListMap(
  name: string,
): Promise<{ key: readonly string[]; value: readonly string[] }[]> {
  const entry = await nftListOne(['map', ...table(), name], 'map');
  const elements = (entry?.['elem'] ?? []) as JsonElement[];
  return elements.map(([key, value]) => ({ key: parts(key), value: parts(value) }));
}

/** Packets that a named counter of ours has seen. */
export async function nftReadCounters(): Promise<ReadonlyMap<string, number>> {
  const objects = await nftJson(['list', 'counters', 'table', ...table()]);
  const counters = objects.flatMap(object => (object['counter'] ? [object['counter']] : []));
  return new Map(counters.map(counter => [String(counter['name']), Number(counter['packets'])]));
}

type JsonObject = Record<string, Record<string, unknown>>;

/** Objects of `nft -j`. */
export async function nftJson(args: readonly string[]): Promise<JsonObject[]> {
  const { stdout } = await run([tool('nft'), '-j', ...args]);
  return stdout.trim() === '' ? [] : (JSON.parse(stdout) as { nftables: JsonObject[] }).nftables;
}

async function nftListOne(args: readonly string[], kind: string) {
  try {
    return (await nftJson(['list', ...args])).find(object => kind in object)?.[kind];
  } catch (thrown) {
    if (/No such file or directory/.test(reasonOf(thrown))) return undefined;
    throw thrown;
  }
}

function table(): string[] {
  return TABLE.split(' ');
}

function parts(value: JsonValue): string[] {
  return typeof value === 'object' ? value.concat.map(String) : [String(value)];
}
