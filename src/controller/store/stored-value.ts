import type { Guid } from '../../core/ids.ts';
import { type AnyRecord, KIND_NAMES } from '../domain/records.ts';

/** A reservation of something unique; see `resource-store.ts`. */
export interface ClaimEntry {
  readonly kind: 'claim';
  readonly text: string;
  readonly owner: { readonly kind: AnyRecord['kind']; readonly guid: Guid };
  readonly claimedMs: number;
}

/** What the bucket `resources` holds. */
export type StoredValue = AnyRecord | ClaimEntry;

/** Only the controller writes this bucket, so the check is no more than a guard against strangers. */
export function decodeStored(json: unknown): StoredValue {
  const kind = (json as { kind?: unknown } | null)?.kind;
  if (typeof kind !== 'string' || !(kind === 'claim' || kind in KIND_NAMES)) {
    throw new Error('no record of a known kind');
  }
  return json as StoredValue;
}
