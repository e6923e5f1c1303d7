import assert from 'node:assert/strict';
import {
  type Hop,
  type HopSide,
  type HopTable,
  hopTableSchema,
} from '../../src/proto/hop-table.ts';
import type { SocketAddress } from '../../src/proto/trace.ts';
import type { TestPlatform } from '../kit/platform.ts';

export interface Traced {
  readonly table: HopTable;
  readonly exitCode: number;
  readonly stderr: string;
}

/** `sprue trace URL --json`, checked against its schema. */
export async function trace(
  platform: TestPlatform,
  url: string,
  ...flags: readonly string[]
): Promise<Traced> {
  const { exitCode, stdout, stderr } = await platform.sprue(['trace', url, '--json', ...flags]);
  assert.ok(stdout.startsWith('{'), `${exitCode} ${stdout} ${stderr} ${platform.upLog}`);
  const table = hopTableSchema.parse(JSON.parse(stdout));
  return { table, exitCode, stderr };
}

export function hop(table: HopTable, kind: Hop['kind'], direction = 'forward'): Hop {
  const found = table.hops.findLast(item => item.kind === kind && item.direction === direction);
  assert.ok(found, `no hop ${kind} ${direction} in ${outline(table)}`);
  return found;
}

/** Both ends as `ip:port`. */
export function ends(side: HopSide | null): { source: string; destination: string } {
  assert.equal(side?.type, 'flow');
  const format = ({ host, port }: SocketAddress) => `${host}:${port}`;
  return side?.type === 'flow'
    ? { source: format(side.source), destination: format(side.destination) }
    : { source: '', destination: '' };
}

export function outline({ hops, notes }: HopTable): string {
  const lines = hops.map(
    ({ n, kind, where, state, found }) => `${n} ${kind} ${where} ${state} ${found ?? ''}`,
  );
  return [...lines, ...notes].join('\n');
}
