import type { Hop } from '../../proto/hop-table.ts';
import type { Evidence } from '../../proto/trace.ts';

/** A hop before it has a number. */
export type HopDraft = Omit<Hop, 'n'>;

type Required = Pick<HopDraft, 'kind' | 'hop' | 'where' | 'before' | 'after'>;

/** A hop with everything that it does not mention left empty: forward and seen. */
export function draftHop(given: Required & Partial<HopDraft>): HopDraft {
  return {
    direction: 'forward',
    changed: [],
    opensConnection: false,
    decidedBy: [],
    attempt: null,
    ms: null,
    state: 'seen',
    expected: null,
    found: null,
    raw: [],
    explain: [],
    figures: [],
    ...given,
  };
}

/** What an observation brings along for `--raw` and `--figures`. */
export function evidenceOf(
  seen:
    | { readonly raw: readonly Evidence[]; readonly views?: readonly Evidence[] | undefined }
    | undefined,
): Pick<HopDraft, 'raw' | 'figures'> {
  return { raw: [...(seen?.raw ?? [])], figures: [...(seen?.views ?? [])] };
}
