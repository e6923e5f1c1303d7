/** A decoded `router.register` or `router.unregister`. Absent strings are empty, absent numbers 0. */
export interface RegistryMessage {
  /** Address or name of the endpoint's host. */
  readonly host: string;
  /** `tls_port` when that was given, else `port`. */
  readonly port: number;
  /** Whether `port` came from `tls_port`: such endpoints never go stale. */
  readonly tls: boolean;
  readonly protocol: 'http1' | 'http2';
  /** As sent; the table normalises them. */
  readonly uris: readonly string[];
  readonly appGuid: string;
  readonly instanceId: string;
  readonly instanceIndex: string;
  /** Can only shorten the router's own threshold; 0 = the router's own. */
  readonly staleThresholdMs: number;
  readonly tags: Readonly<Record<string, string>> | undefined;
  readonly isolationSegment: string;
  readonly availabilityZone: string;
  readonly serverCertDomainSan: string;
  readonly routeServiceUrl: string;
  /** `options.loadbalancing`. */
  readonly loadBalancing: string;
  /** Of an unregister: the route is gone, not only this endpoint of it. */
  readonly routeDeleted: boolean;
  /** When the sender saw the change, nanoseconds since the epoch; 0 = not told. */
  readonly updatedAtNs: number;
}
