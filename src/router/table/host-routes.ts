import type { EndpointPool } from './endpoint-pool.ts';

/** The routes of one host name: one without a path, and any number with one. */
export class HostRoutes {
  #root: EndpointPool | undefined = undefined;
  #paths: Map<string, EndpointPool> | undefined = undefined;
  /** The most segments that a path here ever had: no longer prefix needs a look. */
  #depth = 0;

  get isEmpty(): boolean {
    return this.#root === undefined && this.#paths === undefined;
  }

  /** `path` is empty or begins with `/` and does not end with one. */
  get(path: string): EndpointPool | undefined {
    return path === '' ? this.#root : this.#paths?.get(path);
  }

  set(path: string, pool: EndpointPool): void {
    if (path === '') {
      this.#root = pool;
      return;
    }
    this.#paths ??= new Map();
    this.#paths.set(path, pool);
    this.#depth = Math.max(this.#depth, path.split('/').length - 1);
  }

  delete(path: string): void {
    if (path === '') {
      this.#root = undefined;
      return;
    }
    this.#paths?.delete(path);
    if (this.#paths?.size !== 0) return;
    this.#paths = undefined;
    this.#depth = 0;
  }

  /**
   * The pool of the longest path that is a prefix of `target` on a segment border, preferring pools
   * that have an endpoint. Case and a query are ignored, percent escapes are compared as they are.
   */
  match(target: string): EndpointPool | undefined {
    return this.#paths === undefined ? this.#root : this.#longest(this.#paths, target);
  }

  *pools(): Generator<EndpointPool> {
    if (this.#root !== undefined) yield this.#root;
    if (this.#paths !== undefined) yield* this.#paths.values();
  }

  #longest(paths: ReadonlyMap<string, EndpointPool>, target: string): EndpointPool | undefined {
    const query = target.indexOf('?');
    const path = (query < 0 ? target : target.slice(0, query)).toLowerCase();
    let end = endOfSegment(path, this.#depth);
    let empty: EndpointPool | undefined;
    while (end > 0) {
      const pool = paths.get(path.slice(0, end));
      if (pool !== undefined) {
        if (pool.size > 0) return pool;
        empty ??= pool;
      }
      end = path.lastIndexOf('/', end - 1);
    }
    const root = this.#root;
    return root !== undefined && (root.size > 0 || empty === undefined) ? root : empty;
  }
}

/** Where the `depth`-th segment of a path ends, or the path itself if it has fewer. */
function endOfSegment(path: string, depth: number): number {
  let end = 0;
  for (let segment = 0; segment < depth; segment++) {
    end = path.indexOf('/', end + 1);
    if (end < 0) return path.length;
  }
  return end;
}
