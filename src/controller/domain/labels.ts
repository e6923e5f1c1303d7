import type { Labels } from './records.ts';

/** Labels or annotations with changes applied; `null` removes one. */
export function mergeLabels(
  before: Labels,
  changes: Readonly<Record<string, string | null>> = {},
): Labels {
  const merged = { ...before, ...changes };
  return Object.fromEntries(
    Object.entries(merged).filter((pair): pair is [string, string] => pair[1] !== null),
  );
}

/** The members of a record that a request's `metadata` changes. */
export function mergeMetadata(
  before: { readonly labels: Labels; readonly annotations: Labels },
  metadata: MetadataChange | undefined,
): { readonly labels: Labels; readonly annotations: Labels } {
  return {
    labels: mergeLabels(before.labels, metadata?.labels),
    annotations: mergeLabels(before.annotations, metadata?.annotations),
  };
}

/** Where new records begin. */
export const NO_METADATA = { labels: {}, annotations: {} } as const;

interface MetadataChange {
  readonly labels?: Readonly<Record<string, string | null>> | undefined;
  readonly annotations?: Readonly<Record<string, string | null>> | undefined;
}
