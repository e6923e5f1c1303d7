import type { ObservationOf } from '../../proto/trace.ts';
import { type Answer, ask } from './ask.ts';

type MapElement = NonNullable<ObservationOf<'dea-nat'>['element']>;

export interface ElementAnswer {
  readonly element: MapElement | undefined;
  readonly answer: Answer;
}

/** @param map family, table and map, e.g. `inet sprue ports` @param key e.g. `tcp . 61001` */
export async function findElement(map: string, key: string): Promise<ElementAnswer> {
  const argv = ['nft', 'get', 'element', ...map.split(' '), `{ ${key} }`] as const;
  const answer = await ask(argv);
  const value = answer.ok ? parseElement(answer.text, key) : undefined;
  if (value === undefined) return { element: undefined, answer };
  return { element: { map, key, value }, answer: { ...answer, text: `${key} : ${value}` } };
}

/** The value of `key` in what `nft get element` prints. */
export function parseElement(text: string, key: string): string | undefined {
  const list = /elements = \{ ([^}]*) \}/.exec(text)?.[1];
  const pairs = list?.split(',').map(pair => pair.trim().split(' : '));
  return pairs?.find(([found]) => found === key)?.[1]?.trim();
}
