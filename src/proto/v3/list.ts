import type { Link } from './resource.ts';

/** One page of a collection. */
export interface List<T> {
  readonly pagination: Pagination;
  readonly resources: readonly T[];
}

/** `next` and `previous` are absolute URLs with the caller's own filters. */
export interface Pagination {
  readonly total_results: number;
  readonly total_pages: number;
  readonly first: Link;
  readonly last: Link;
  readonly next: Link | null;
  readonly previous: Link | null;
}

export const DEFAULT_PER_PAGE = 50;
export const MAX_PER_PAGE = 5_000;
