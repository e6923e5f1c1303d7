import { HEADER } from '../../http1/header-id.ts';
import type { HeaderTable } from '../../http1/header-table.ts';

/** What a rewriter does with a field it knows. */
export const ACTION = { keep: 0, drop: 1, special: 2 } as const;

/**
 * Fields that belong to one connection (RFC 9110 §7.6.1 and what gorouter adds to it). Framing and
 * upgrades are written anew by the rewriters.
 */
export const HOP_BY_HOP: readonly number[] = [
  HEADER.connection,
  HEADER.keepAlive,
  HEADER.proxyConnection,
  HEADER.proxyAuthenticate,
  HEADER.proxyAuthorization,
  HEADER.te,
  HEADER.transferEncoding,
  HEADER.upgrade,
  HEADER.http2Settings,
];

/** An action for each header id. */
export function actionTable(drop: readonly number[], special: readonly number[]): Uint8Array {
  const actions = new Uint8Array(64);
  for (const id of drop) actions[id] = ACTION.drop;
  for (const id of special) actions[id] = ACTION.special;
  return actions;
}

/**
 * Names that `Connection` may not make a proxy remove: an attacker could hide from an app where a
 * request comes from, or make two hops disagree on where it ends.
 */
const PROTECTED =
  /^(?:x-forwarded-|x-cf-|x-vcap-|x-b3-|(?:b3|traceparent|tracestate|forwarded|x-request-start|host|content-length|trailer|expect)$)/;

/** Whether field `index` is named by a `Connection` field and may be removed. */
export function isListed(headers: HeaderTable, index: number, listed: readonly string[]): boolean {
  const name = headers.name(index).toLowerCase();
  return listed.includes(name) && !PROTECTED.test(name);
}
