import type { Attachment } from '../../hostnet/host-network.ts';
import type { ActualInstance } from '../../proto/actual-instance.ts';
import type { DesiredInstance } from '../../proto/desired-instance.ts';
import type { InstanceStatus } from './transition.ts';

/** What the DEA says about an instance in the bucket `actual`. */
export function actualReport(
  desired: DesiredInstance,
  status: InstanceStatus,
  attachment: Attachment | undefined,
): ActualInstance {
  const { guid, deaId, appGuid, processGuid, processType, index, version } = desired;
  const crash = crashReport(status);
  const problem = 'listenProblem' in status ? status.listenProblem : undefined;
  return {
    ...{ guid, deaId, appGuid, processGuid, processType, index, version },
    instanceId: status.instanceId,
    state: status.state,
    sinceMs: status.sinceMs,
    routable: status.state === 'RUNNING' && status.routable,
    ...networkReport(attachment),
    ...(crash !== undefined && { crash }),
    ...(problem !== undefined && { listenProblem: problem }),
  };
}

function crashReport(status: InstanceStatus): ActualInstance['crash'] {
  if (status.crash === undefined) return undefined;
  return {
    ...status.crash,
    lastLines: [...status.crash.lastLines],
    ...(status.state === 'CRASHED' && { nextStartMs: status.nextStartMs }),
  };
}

function networkReport(attachment: Attachment | undefined): Pick<ActualInstance, 'network'> {
  if (attachment?.mapping === undefined) return {};
  const { hostAddress, hostPort, containerPort } = attachment.mapping;
  const { containerIp, veth } = attachment;
  return { network: { host: hostAddress, hostPort, containerIp, containerPort, veth } };
}
