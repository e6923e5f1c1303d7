import type { Ipv4 } from '../../core/address.ts';
import { reasonOf } from '../../core/errors.ts';
import { run } from '../../exec/run.ts';
import { nftJson } from '../../hostnet/nft.ts';
import { tool } from '../../hostnet/tool.ts';
import type { NatState } from './changes.ts';
import { TABLE } from './ruleset.ts';

const EMPTY: NatState = { floating: new Set(), toRouter: new Map(), toFloating: new Map() };

interface Elements {
  readonly name: string;
  readonly elem?: readonly (Ipv4 | readonly [Ipv4, Ipv4])[];
}

/** Our table as the kernel has it. */
export interface TableView {
  /** The rules as text, without elements and counts; `undefined` when there is no table. */
  readonly rules: string | undefined;
  /** The table's comment. */
  readonly comment: string;
  readonly nat: NatState;
}

export async function readTable(): Promise<TableView> {
  const rules = await ifPresent(async () => {
    const { stdout } = await run([tool('nft'), '-s', '-t', 'list', 'table', ...TABLE.split(' ')]);
    return stdout;
  });
  if (rules === undefined) return { rules, comment: '', nat: EMPTY };
  const comment = /^\tcomment "(.*)"$/m.exec(rules)?.[1] ?? '';
  return { rules, comment, nat: (await ifPresent(readElements)) ?? EMPTY };
}

async function readElements(): Promise<NatState> {
  const objects = await nftJson(['list', 'table', ...TABLE.split(' ')]);
  const named = objects.map(object => (object['set'] ?? object['map']) as Elements | undefined);
  const elementsOf = (name: string) => named.find(object => object?.name === name)?.elem ?? [];
  return {
    floating: new Set(elementsOf('floating') as readonly Ipv4[]),
    toRouter: new Map(elementsOf('to_router') as readonly [Ipv4, Ipv4][]),
    toFloating: new Map(elementsOf('to_floating') as readonly [Ipv4, Ipv4][]),
  };
}

/** `undefined` when there is no table, also when it vanishes just now. */
async function ifPresent<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (thrown) {
    if (/No such file or directory/.test(reasonOf(thrown))) return undefined;
    throw thrown;
  }
}
