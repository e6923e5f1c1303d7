import type { FastifyRequest } from 'fastify';
import { rfc3339 } from '../../core/clock.ts';
import { SprueError } from '../../core/errors.ts';
import { DEFAULT_PER_PAGE, type List, MAX_PER_PAGE, type Pagination } from '../../proto/v3/list.ts';
import { parseLabelSelector } from '../domain/label-selector.ts';
import type { Labels } from '../domain/records.ts';
import { baseUrl } from './request-url.ts';

type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What lists can be ordered by and filtered with labels. */
interface Listable {
  readonly guid: string;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly labels: Labels;
  readonly name?: string;
}

/** How one query parameter selects: the values that an item has for it. */
export type Filters<T> = Readonly<Record<string, (item: T) => string | readonly string[]>>;

/** Answers a list request: filter, order, page. Parameters without a filter are ignored. */
export function answerList<T extends Listable, P>(
  request: FastifyRequest,
  items: readonly T[],
  filters: Filters<T>,
  present: (item: T) => P,
): List<P> {
  const query = request.query as Query;
  const selected = filterItems(query, items, { guids: item => item.guid, ...filters });
  const ordered = orderItems(query, selected);
  return pageOf(request, ordered, present);
}

function filterItems<T extends Listable>(
  query: Query,
  items: readonly T[],
  filters: Filters<T>,
): readonly T[] {
  let selected = items;
  for (const [parameter, valuesOf] of Object.entries(filters)) {
    const wanted = listParameter(query, parameter);
    if (wanted === undefined) continue;
    selected = selected.filter(item => {
      const values = valuesOf(item);
      return typeof values === 'string'
        ? wanted.has(values)
        : values.some(value => wanted.has(value));
    });
  }
  const selector = textParameter(query, 'label_selector');
  if (selector === undefined) return selected;
  const matches = parseLabelSelector(selector);
  return selected.filter(item => matches(item.labels));
}

/**
 * Values of a comma-separated parameter. An empty value means the empty string (`hosts=`). The official
 * client encodes a comma inside a value twice, so `%2C` is left after the query was decoded.
 */
export function listParameter(query: Query, name: string): ReadonlySet<string> | undefined {
  const text = textParameter(query, name);
  if (text === undefined) return undefined;
  return new Set(text.split(',').map(value => value.replaceAll(/%2c/gi, ',')));
}

function textParameter(query: Query, name: string): string | undefined {
  const value = query[name];
  return typeof value === 'object' ? value.join(',') : value;
}

function orderItems<T extends Listable>(query: Query, items: readonly T[]): readonly T[] {
  const text = textParameter(query, 'order_by') ?? 'created_at';
  const isDescending = text.startsWith('-');
  const key = text.replace(/^[-+]/, '');
  const compare = comparison(key);
  if (compare === undefined) {
    const reason = `order_by can be created_at, updated_at or name, not “${key}”`;
    throw new SprueError('QUERY_INVALID', { reason });
  }
  // The guid decides between equals, so that pages never overlap.
  const sorted = items.toSorted((a, b) => compare(a, b) || (a.guid < b.guid ? -1 : 1));
  return isDescending ? sorted.reverse() : sorted;
}

function comparison(key: string): ((a: Listable, b: Listable) => number) | undefined {
  switch (key) {
    case 'created_at':
    case 'position':
      return (a, b) => a.createdMs - b.createdMs;
    case 'updated_at':
      return (a, b) => a.updatedMs - b.updatedMs;
    case 'name':
      return (a, b) => (a.name ?? '').localeCompare(b.name ?? '');
    default:
      return undefined;
  }
}

/** One page of items that are filtered and ordered already. */
export function pageOf<T, P>(
  request: FastifyRequest,
  items: readonly T[],
  present: (item: T) => P,
): List<P> {
  const query = request.query as Query;
  const page = numberParameter(query, 'page', 1, Number.MAX_SAFE_INTEGER);
  const perPage = numberParameter(query, 'per_page', DEFAULT_PER_PAGE, MAX_PER_PAGE);
  const resources = items.slice((page - 1) * perPage, page * perPage).map(present);
  return { pagination: pagination(request, items.length, page, perPage), resources };
}

function numberParameter(query: Query, name: string, fallback: number, max: number): number {
  const text = textParameter(query, name);
  if (text === undefined) return fallback;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? 'at least 1' : `between 1 and ${max}`;
  throw new SprueError('QUERY_INVALID', { reason: `${name} must be a number, ${range}` });
}

function pagination(
  request: FastifyRequest,
  total: number,
  page: number,
  perPage: number,
): Pagination {
  const pages = Math.max(1, Math.ceil(total / perPage));
  const url = new URL(request.url, baseUrl(request));
  const link = (number: number) => {
    url.searchParams.set('page', String(number));
    url.searchParams.set('per_page', String(perPage));
    return { href: url.href };
  };
  return {
    total_results: total,
    total_pages: pages,
    first: link(1),
    last: link(pages),
    next: page < pages ? link(page + 1) : null,
    previous: page > 1 ? link(page - 1) : null,
  };
}

/** The members that every resource begins with. */
export function frame(record: Omit<Listable, 'name'> & { readonly annotations: Labels }) {
  return {
    guid: record.guid,
    created_at: rfc3339(record.createdMs),
    updated_at: rfc3339(record.updatedMs),
    metadata: { labels: record.labels, annotations: record.annotations },
  } as const;
}
