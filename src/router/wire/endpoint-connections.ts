import type { Endpoint } from '../table/endpoint.ts';
import type { EndpointConnection } from './endpoint-connection.ts';

/**
 * A request that may not be repeated only gets a connection that was in use less than this ago: the
 * chance that the endpoint is closing it right now is then nil in practice.
 */
const FRESH_MS = 1_000;

/** Idle connections to one endpoint, last used first, and what else is kept per endpoint. */
export class EndpointConnections {
  readonly #idle: EndpointConnection[] = [];
  #identity = '';
  #appGuid = '';
  #instanceId = '';
  #instanceIndex = '';

  /** The headers that tell an app which instance it is, each with its CRLF. */
  identityOf(endpoint: Endpoint): string {
    if (
      this.#identity === '' ||
      this.#appGuid !== endpoint.appGuid ||
      this.#instanceId !== endpoint.instanceId ||
      this.#instanceIndex !== endpoint.instanceIndex
    ) {
      this.#appGuid = endpoint.appGuid;
      this.#instanceId = endpoint.instanceId;
      this.#instanceIndex = endpoint.instanceIndex;
      this.#identity =
        `X-CF-ApplicationID: ${endpoint.appGuid}\r\nX-CF-InstanceID: ${endpoint.instanceId}\r\n` +
        `X-CF-InstanceIndex: ${endpoint.instanceIndex}\r\n`;
    }
    return this.#identity;
  }

  /** An idle connection that is safe to use now, or undefined. */
  take(nowMs: number, isRepeatable: boolean): EndpointConnection | undefined {
    const last = this.#idle[this.#idle.length - 1];
    if (last === undefined) return undefined;
    const idleMs = nowMs - last.idleSinceMs;
    if (idleMs > last.idleTimeoutMs || (!isRepeatable && idleMs > FRESH_MS)) return undefined;
    return this.#idle.pop();
  }

  /** @returns false when there are enough already */
  keep(connection: EndpointConnection, maxIdle: number): boolean {
    if (this.#idle.length >= maxIdle) return false;
    this.#idle.push(connection);
    return true;
  }

  remove(connection: EndpointConnection): void {
    const index = this.#idle.indexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  closeIdle(): void {
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }
}

/** The slot in the endpoint is ours; see {@link Endpoint.connections}. */
export function connectionsOf(endpoint: Endpoint): EndpointConnections {
  if (endpoint.connections instanceof EndpointConnections) return endpoint.connections;
  const connections = new EndpointConnections();
  endpoint.connections = connections;
  return connections;
}
