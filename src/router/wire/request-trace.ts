import { isIPv4, isIPv6 } from 'node:net';
import type { RequestHead } from '../../http1/request-head.ts';
import type { Flow, RouterObservation, SocketAddress, TraceAttempt } from '../../proto/trace.ts';
import type { Endpoint } from '../table/endpoint.ts';
import type { EndpointPool } from '../table/endpoint-pool.ts';
import type { AccessRecord } from './access-record.ts';
import type { ClientConnection } from './client-connection.ts';
import type { EndpointConnection } from './endpoint-connection.ts';
import type { FailureKind } from './failure.ts';

/** Who wants records of marked requests. The one thing that every request asks it is {@link isArmed}. */
export interface RequestTracing {
  readonly isArmed: boolean;
  /** The trace that a request belongs to by its mark. Only asked while armed. */
  traceOf(head: RequestHead): string | undefined;
  /** A marked request has ended. */
  report(trace: RequestTrace, record: AccessRecord): void;
}

export const NO_TRACING: RequestTracing = {
  isArmed: false,
  traceOf: () => undefined,
  report() {},
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type OpenAttempt = Omit<Mutable<TraceAttempt>, 'outcome'> & {
  outcome?: TraceAttempt['outcome'];
  startMs: number;
};

/** What a marked request went through. Other requests have none, so this may cost what it likes. */
export class RequestTrace {
  readonly id: string;
  readonly client: Flow;
  readonly clientReused: boolean;
  route: RouterObservation['route'];
  readonly #attempts: OpenAttempt[] = [];

  constructor(id: string, client: ClientConnection, clientReused: boolean) {
    const { remotePort = 0, localAddress = '', localPort = 0 } = client.socket;
    this.id = id;
    this.client = {
      source: { host: client.remoteIp, port: remotePort },
      destination: { host: localAddress.replace(/^::ffff:/, ''), port: localPort },
    };
    this.clientReused = clientReused;
  }

  routed(pool: EndpointPool, maxAttempts: number): void {
    this.route = {
      uri: pool.uri,
      isWildcard: pool.uri.startsWith('*'),
      poolSize: pool.size,
      balancing: 'round-robin',
      maxAttempts,
    };
  }

  tries(endpoint: Endpoint): void {
    const { host, port, appGuid, instanceIndex, instanceId, key } = endpoint;
    this.#attempts.push({
      n: this.#attempts.length + 1,
      endpoint: { host, port },
      ...(appGuid !== '' && { appGuid }),
      ...(/^\d+$/.test(instanceIndex) && { index: Number(instanceIndex) }),
      ...(instanceId !== key && { instanceId }),
      reused: false,
      startMs: performance.now(),
    });
  }

  /**
   * A connection is about to be opened. Its local port is bound before, or it could not be told once
   * the endpoint has refused: the kernel takes the port back at once. See {@link bindAddress}.
   */
  dials({ socket }: EndpointConnection): void {
    const attempt = this.#attempts.at(-1);
    socket.once('connectionAttempt', () => {
      if (attempt) attempt.local = localEnd(socket.localAddress, socket.localPort);
    });
  }

  /** The request goes out. */
  sends(connection: EndpointConnection, dialMs: number): void {
    const attempt = this.#attempts.at(-1);
    if (attempt === undefined) return;
    const { socket, requests, openedMs, wasReused } = connection;
    attempt.local = localEnd(socket.localAddress, socket.localPort);
    attempt.reused = wasReused;
    attempt.requestsBefore = requests - 1;
    attempt.openedMsAgo = performance.now() - openedMs;
    if (!wasReused) attempt.connectMs = dialMs;
  }

  failed(kind: FailureKind): void {
    const attempt = this.#attempts.at(-1);
    if (attempt === undefined) return;
    attempt.outcome = kind;
    attempt.totalMs = performance.now() - attempt.startMs;
  }

  /** All attempts, once the request has ended. */
  attempts(record: AccessRecord): TraceAttempt[] {
    const endMs = performance.now();
    return this.#attempts.map(({ startMs, outcome, ...attempt }, index) => {
      const isLast = index === this.#attempts.length - 1;
      const hasAnswer = isLast && record.firstByteMs >= 0;
      return {
        totalMs: endMs - startMs,
        ...attempt,
        ...(hasAnswer && { firstByteMs: record.firstByteMs }),
        outcome: outcome ?? (hasAnswer ? 'answered' : 'abandoned'),
      };
    });
  }
}

/** The trace of a request that bears a mark which is waited for. */
export function beginTrace(
  tracing: RequestTracing,
  head: RequestHead,
  client: ClientConnection,
  clientReused: boolean,
): RequestTrace | undefined {
  const id = tracing.traceOf(head);
  return id === undefined ? undefined : new RequestTrace(id, client, clientReused);
}

/** Binding to it leaves the choice of address and port to the kernel, but makes it before connecting. */
export function bindAddress(host: string): string | undefined {
  if (isIPv4(host)) return '0.0.0.0';
  return isIPv6(host) ? '::' : undefined;
}

function localEnd(host: string | undefined, port: number | undefined): SocketAddress | undefined {
  return host === undefined || port === undefined ? undefined : { host, port };
}
