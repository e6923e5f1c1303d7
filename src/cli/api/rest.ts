import { SprueError } from '../../core/errors.ts';
import type { List } from '../../proto/v3/list.ts';
import type { HttpAnswer, HttpRequest } from './http-client.ts';
import type { Session } from './session.ts';

export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

export interface CallOptions {
  readonly query?: Query;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

const JSON_TYPE = 'application/json';
const PAGE_SIZE = 5_000;

/** JSON over a {@link Session}: what all parts of the client share. */
export class Rest {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async get<T>(path: string, options: CallOptions = {}): Promise<T> {
    return parse<T>(await this.send({ path: withQuery(path, options.query), ...waits(options) }));
  }

  async post<T>(path: string, body?: unknown): Promise<T> {
    return parse<T>(await this.send(withBody('POST', path, body)));
  }

  async patch<T>(path: string, body: unknown): Promise<T> {
    return parse<T>(await this.send(withBody('PATCH', path, body)));
  }

  /** @returns the path of the job that does the deleting, or `undefined` when it is done. */
  async delete(path: string): Promise<string | undefined> {
    return jobPath(await this.send({ method: 'DELETE', path }));
  }

  send(request: HttpRequest): Promise<HttpAnswer> {
    return this.#session.send(request);
  }

  /** All resources of a collection, page by page. */
  async list<T>(path: string, query: Query = {}): Promise<readonly T[]> {
    const resources: T[] = [];
    let next: string | undefined = withQuery(path, { per_page: PAGE_SIZE, ...query });
    while (next !== undefined) {
      const page: List<T> = parse<List<T>>(await this.send({ path: next }));
      resources.push(...page.resources);
      next = page.pagination?.next ? pathOf(page.pagination.next.href) : undefined;
    }
    return resources;
  }

  /** The first resource that matches, by a filter that names at most one. */
  async first<T>(path: string, query: Query): Promise<T | undefined> {
    const page = await this.get<List<T>>(path, { query: { per_page: 1, page: 1, ...query } });
    return page.resources[0];
  }
}

/** Path of the job that an answer's `Location` names. */
export function jobPath(answer: HttpAnswer): string | undefined {
  const { location } = answer.headers;
  return location === undefined ? undefined : pathOf(location);
}

/** Adds a query; a comma inside a name is written `%2C` first, because commas separate names. */
export function withQuery(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    const text = Array.isArray(value)
      ? value.map((item: string) => item.replaceAll(',', '%2C')).join(',')
      : String(value);
    parameters.set(name, text);
  }
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}

function withBody(method: string, path: string, body: unknown): HttpRequest {
  if (body === undefined) return { method, path };
  return { method, path, headers: { 'content-type': JSON_TYPE }, body: JSON.stringify(body) };
}

function waits(options: CallOptions): Pick<HttpRequest, 'signal' | 'timeoutMs'> {
  const { signal, timeoutMs } = options;
  return { ...(signal && { signal }), ...(timeoutMs !== undefined && { timeoutMs }) };
}

function parse<T>(answer: HttpAnswer): T {
  if (answer.text === '') return {} as T;
  try {
    return JSON.parse(answer.text) as T;
  } catch (cause) {
    const details = {
      request: 'a request',
      status: answer.status,
      detail: 'the answer is no JSON',
    };
    throw new SprueError('API_FAILED', details, { cause });
  }
}

function pathOf(href: string): string {
  const url = new URL(href, 'http://api.invalid');
  return `${url.pathname}${url.search}`;
}
