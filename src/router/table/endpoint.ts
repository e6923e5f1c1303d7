import type { EndpointPool } from './endpoint-pool.ts';
import type { RegistryMessage } from './registry-message.ts';

/** That an endpoint serves one route, for as long as it says so again in time. */
export interface Lease {
  readonly pool: EndpointPool;
  /** The route as last sent, so that a repeated message needs no normalising. */
  uri: string;
  updatedMs: number;
  /** After this long without a repetition the lease is pruned. */
  ttlMs: number;
  routeServiceUrl: string;
}

/**
 * One `host:port` that the router can dial, with who lives there. One object for all its routes.
 * A repeated registration keeps the object; another instance on the same address gets a new one,
 * and the old one is {@link Endpoint.gone} for good.
 */
export class Endpoint {
  readonly host: string;
  readonly port: number;
  /** `host:port`, an IPv6 host in brackets. */
  readonly key: string;
  readonly tls: boolean;
  readonly protocol: 'http1' | 'http2';
  readonly serverCertDomainSan: string;
  /** `private_instance_id`, or {@link Endpoint.key} when none was sent. */
  instanceId: string;
  /** App guid, or empty. */
  appGuid: string;
  instanceIndex: string;
  tags: Readonly<Record<string, string>> | undefined;
  isolationSegment: string;
  availabilityZone: string;
  /** Until when round robin passes it over; 0 = healthy. */
  failedUntilMs = 0;
  /** Requests that are at the endpoint now. Kept by `wire`. */
  inFlight = 0;
  /** No route leads here any more: idle connections may close. */
  gone = false;
  /** Owned by `wire`: the pool of idle connections. */
  connections: unknown = undefined;
  /** Owned by the route table. */
  leases: Lease[] = [];

  constructor(key: string, message: RegistryMessage) {
    this.host = message.host;
    this.port = message.port;
    this.key = key;
    this.tls = message.tls;
    this.protocol = message.protocol;
    this.serverCertDomainSan = message.serverCertDomainSan;
    this.instanceId = message.instanceId === '' ? key : message.instanceId;
    this.appGuid = message.appGuid;
    this.instanceIndex = message.instanceIndex;
    this.tags = message.tags;
    this.isolationSegment = message.isolationSegment;
    this.availabilityZone = message.availabilityZone;
  }

  /** False only when both sides know their instance and these differ. */
  isTenant(instanceId: string): boolean {
    return instanceId === '' || this.instanceId === instanceId || this.instanceId === this.key;
  }

  /** Whether connections made so far are right for what `message` describes. */
  keepsConnections(message: RegistryMessage): boolean {
    return (
      this.tls === message.tls &&
      this.protocol === message.protocol &&
      this.serverCertDomainSan === message.serverCertDomainSan
    );
  }

  /** Takes over what describes the endpoint but does not change how it is dialled. */
  describe(message: RegistryMessage): boolean {
    const instanceId = message.instanceId === '' ? this.key : message.instanceId;
    if (
      this.instanceId === instanceId &&
      this.appGuid === message.appGuid &&
      this.instanceIndex === message.instanceIndex &&
      this.isolationSegment === message.isolationSegment &&
      this.availabilityZone === message.availabilityZone &&
      sameTags(this.tags, message.tags)
    ) {
      return false;
    }
    this.instanceId = instanceId;
    this.appGuid = message.appGuid;
    this.instanceIndex = message.instanceIndex;
    this.isolationSegment = message.isolationSegment;
    this.availabilityZone = message.availabilityZone;
    this.tags = message.tags;
    return true;
  }
}

/** `host:port`, an IPv6 host in brackets. */
export function endpointKey(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

type Tags = Readonly<Record<string, string>> | undefined;

function sameTags(left: Tags, right: Tags): boolean {
  if (left === undefined || right === undefined) return left === right;
  let count = 0;
  for (const name in left) {
    if (left[name] !== right[name]) return false;
    count++;
  }
  for (const _ in right) count--;
  return count === 0;
}
