/**
 * Payload of `router.register` and `router.unregister`, as gorouter defines it.
 * One message registers one endpoint for all its `uris`.
 */
export interface RouterRegister {
  /** Address of the DEA host. */
  readonly host: string;
  readonly port: number;
  /** Host or host/path, lower case; a leading `*.` label is a wildcard. */
  readonly uris: readonly string[];
  /** App guid. */
  readonly app?: string;
  /** Identity of the instance; an unregister whose id differs is ignored. */
  readonly private_instance_id?: string;
  /** A string of digits, as gorouter wants it. */
  readonly private_instance_index?: string;
  readonly protocol?: 'http1' | 'http2';
  readonly stale_threshold_in_seconds?: number;
  /** When the endpoint last changed; feeds the metric of registration latency. */
  readonly endpoint_updated_at_ns?: number;
  readonly tags?: Readonly<Record<string, string>>;
  /**
   * Sprue's addition to an unregister: the route itself is gone, not only this endpoint of it. Its empty
   * pool is forgotten (404) instead of kept for a while (503). gorouter ignores it.
   */
  readonly route_deleted?: boolean;
}

/** Payload of `router.start` and of the answer to `router.greet`. */
export interface RouterStart {
  readonly id: string;
  readonly hosts: readonly string[];
  readonly minimumRegisterIntervalInSeconds: number;
  readonly pruneThresholdInSeconds: number;
}

/** How long a DEA waits between two registrations of the same endpoint. */
export const REGISTER_INTERVAL_MS = 20_000;

/**
 * A Sprue router answers a register or unregister that carries a reply subject, once the change is
 * effective in its table. gorouter ignores the reply subject.
 */
export interface RouterConfirmation {
  /** The answering router's id, as in {@link RouterPresence}. */
  readonly router: string;
}

/** Payload of `sprue.router.alive` and `sprue.router.gone`: which routers must confirm a change. */
export interface RouterPresence {
  /** Another one after each start. */
  readonly id: string;
  readonly host: string;
  readonly port: number;
  /** Host name of its machine. */
  readonly name?: string;
}

export const ROUTER_ALIVE_INTERVAL_MS = 5_000;
