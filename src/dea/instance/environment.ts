import type { HostPort, Ipv4, Port } from '../../core/address.ts';
import type { InstanceId } from '../../core/ids.ts';
import type { DesiredInstance } from '../../proto/desired-instance.ts';
import { containerEnvironment } from '../container-environment.ts';

/** What only the DEA knows about a run, and what the app is told of it. */
export interface RunFacts {
  readonly instanceId: InstanceId;
  readonly startedMs: number;
  /** Where the outside reaches the instance. */
  readonly outside: HostPort;
  readonly containerIp: Ipv4;
  readonly containerPort: Port;
}

/** The whole environment of an app process, as Cloud Foundry documents it. */
export function appEnvironment(
  desired: DesiredInstance,
  run: RunFacts,
): Readonly<Record<string, string>> {
  const port = String(run.containerPort);
  return containerEnvironment(desired, {
    home: '/home/vcap/app',
    vcapApplication: vcapApplication(desired, run),
    platform: {
      ...instanceVariables(desired, run),
      PORT: port,
      VCAP_APP_HOST: '0.0.0.0',
      VCAP_APP_PORT: port,
    },
  });
}

function instanceVariables(desired: DesiredInstance, run: RunFacts): Record<string, string> {
  const { host, port } = run.outside;
  return {
    CF_INSTANCE_ADDR: `${host}:${port}`,
    CF_INSTANCE_GUID: run.instanceId,
    CF_INSTANCE_INDEX: String(desired.index),
    CF_INSTANCE_INTERNAL_IP: run.containerIp,
    CF_INSTANCE_IP: host,
    CF_INSTANCE_PORT: String(port),
    CF_INSTANCE_PORTS: JSON.stringify([{ external: port, internal: run.containerPort }]),
  };
}

/** The controller's part and, in dea_ng's names, what the DEA adds. */
function vcapApplication(desired: DesiredInstance, run: RunFacts): Record<string, unknown> {
  const startedAt = rubyTime(run.startedMs);
  const startedAtSec = Math.floor(run.startedMs / 1000);
  return {
    ...desired.vcapApplication,
    instance_id: run.instanceId,
    instance_index: desired.index,
    host: '0.0.0.0',
    port: run.containerPort,
    started_at: startedAt,
    started_at_timestamp: startedAtSec,
    start: startedAt,
    state_timestamp: startedAtSec,
  };
}

/** `2026-01-31 13:45:01 +0000`, which is how dea_ng (Ruby) printed times. */
function rubyTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19).replace('T', ' ')} +0000`;
}
