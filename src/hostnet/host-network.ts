import type { Cidr, Ipv4, Port } from '../core/address.ts';
import type { Guid, InstanceId } from '../core/ids.ts';

export interface AttachRequest {
  readonly instanceId: InstanceId;
  readonly appGuid: Guid;
  readonly index: number;
  /** The port in the container that a host port is mapped to; without it nothing is mapped (staging). */
  readonly containerPort?: Port;
}

/** The network of one container, as the kernel has it. */
export interface Attachment {
  readonly instanceId: InstanceId;
  readonly appGuid: Guid;
  readonly index: number;
  /** Name of the network namespace, as in `ip netns`. */
  readonly netns: string;
  readonly netnsPath: string;
  /** The host's end of the pair. */
  readonly veth: string;
  readonly containerIp: Ipv4;
  readonly mapping:
    | { readonly hostAddress: Ipv4; readonly hostPort: Port; readonly containerPort: Port }
    | undefined;
}

/** The network of all containers on this host. */
export interface HostNetwork {
  /** Loads the constant rule set and sysctls; leaves live elements alone. Idempotent. */
  setUp(): Promise<void>;
  /**
   * Namespace, veth pair, address, route and mapping of one container. Undone wholly when a step fails.
   * Called again for the same instance it returns what there is.
   */
  attach(request: AttachRequest): Promise<Attachment>;
  /**
   * Removes the mapping with its conntrack entries, then the namespace. Absent is success.
   * The host port rests until {@link HostNetwork.freePort} or 120 s have passed.
   */
  detach(instanceId: InstanceId): Promise<void>;
  /** Every known router has forgotten the port: it may be handed out again. */
  freePort(hostPort: Port): void;
  /** Other machines that may dial mapped ports, as last set; a restart of the agent keeps them. */
  clients(): readonly Cidr[];
  /** Replaces them, besides those that the configuration names. Connections that exist go on. */
  setClients(clients: readonly Cidr[]): Promise<void>;
  /** All attachments, as read from the kernel. */
  list(): Promise<Attachment[]>;
  /** Removes what belongs to no instance in `keep`. @returns the ids that were removed. */
  sweep(keep: ReadonlySet<InstanceId>): Promise<InstanceId[]>;
  /** Removes every container's network and the table. Idempotent; reports all failures at the end. */
  tearDown(): Promise<void>;
}
