import type { Endpoint } from '../table/endpoint.ts';
import type { EndpointPool } from '../table/endpoint-pool.ts';
import { type Failure, RETRY } from './failure.ts';

const NONE_TRIED: readonly Endpoint[] = [];

/** Which endpoints one request has tried, and whether it may try another. */
export class Attempts {
  /** The one that is tried now. */
  endpoint: Endpoint | undefined;
  #pool: EndpointPool | undefined;
  /** Made for the first failure only. */
  #tried: Endpoint[] | undefined;
  #count = 0;
  #hasRedialled = false;

  clear(): void {
    this.endpoint = undefined;
    this.#pool = undefined;
    this.#tried = undefined;
    this.#count = 0;
  }

  begin(pool: EndpointPool): void {
    this.#pool = pool;
  }

  /** Takes the next endpoint; undefined when there is none. */
  next(): Endpoint | undefined {
    const endpoint = this.#pool?.pick(this.#tried ?? NONE_TRIED);
    if (endpoint === undefined) return undefined;
    this.endpoint = endpoint;
    this.#count++;
    this.#hasRedialled = false;
    endpoint.inFlight++;
    return endpoint;
  }

  /** The endpoint has nothing to do with this request any more. */
  leave(): void {
    if (this.endpoint !== undefined) this.endpoint.inFlight--;
  }

  /** A kept-alive connection was dead, which is nobody's failure: the same endpoint, once more. */
  again(): Endpoint | undefined {
    if (this.#hasRedialled || this.endpoint === undefined) return undefined;
    this.#hasRedialled = true;
    this.endpoint.inFlight++;
    return this.endpoint;
  }

  /** Notes that the endpoint failed. @returns whether there is another to try */
  fail(failure: Failure, maxAttempts: number): boolean {
    const pool = this.#pool;
    const failed = this.endpoint;
    if (pool === undefined || failed === undefined) return false;
    if (failure.marksFailed) pool.markFailed(failed);
    this.#tried ??= [];
    this.#tried.push(failed);
    if (this.#count >= maxAttempts) return false;
    for (const endpoint of pool.endpoints) if (!this.#tried.includes(endpoint)) return true;
    return false;
  }
}

/**
 * Whether a request may go out once more. Nothing of an answer has reached the client.
 * @param hasSentBody body bytes are gone from our memory: whatever failed, they cannot be sent again
 */
export function mayRepeat(failure: Failure, isRepeatable: boolean, hasSentBody: boolean): boolean {
  if (hasSentBody) return false;
  return failure.retry === RETRY.always || (failure.retry === RETRY.repeatable && isRepeatable);
}
