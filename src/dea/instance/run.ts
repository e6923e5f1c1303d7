import type { HostPort } from '../../core/address.ts';
import type { InstanceId } from '../../core/ids.ts';
import type { Attachment } from '../../hostnet/host-network.ts';
import type { DesiredInstance } from '../../proto/desired-instance.ts';
import type { Endpoint } from '../routes/endpoint.ts';

type Mapped = Attachment & { readonly mapping: NonNullable<Attachment['mapping']> };

/** One run of an instance: a container whose process was started, on a network of its own. */
export interface Run {
  readonly instanceId: InstanceId;
  readonly attachment: Mapped;
  /** Of the container's first process, on the host; 0 when it has ended. */
  readonly pid: number;
}

export function isMapped(attachment: Attachment): attachment is Mapped {
  return attachment.mapping !== undefined;
}

/** Where the host reaches the app without passing its own NAT. */
export function insideAddress({ attachment }: Run): HostPort {
  return { host: attachment.containerIp, port: attachment.mapping.containerPort };
}

export function endpointOf(desired: DesiredInstance, run: Run, updatedMs: number): Endpoint {
  const { hostAddress, hostPort } = run.attachment.mapping;
  return {
    instanceId: run.instanceId,
    outside: { host: hostAddress, port: hostPort },
    uris: desired.uris,
    desired,
    updatedMs,
  };
}
