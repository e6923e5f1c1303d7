import type { Invocation } from '../../cli/command-spec.ts';
import type { Output } from '../../cli/render/output.ts';
import type { Style } from '../../cli/render/style.ts';
import { EXIT } from '../../core/error-table.ts';
import { formatBytes } from '../../core/size.ts';
import { requireRoot } from '../../roles/require-root.ts';
import { openLab } from '../lab-dir.ts';
import type { LabPlan } from '../lab-plan.ts';
import { type HostStatus, type LabStatus, labStatus } from '../lab-status.ts';
import { labName } from './open.ts';

export async function run(invocation: Invocation): Promise<number> {
  requireRoot();
  await showStatus(await openLab(labName(invocation)), invocation.context.output);
  return EXIT.ok;
}

export async function showStatus(plan: LabPlan, output: Output): Promise<void> {
  const status = await labStatus(plan);
  if (output.json) return output.value(asJson(plan, status));
  output.table(
    [
      { title: 'HOST' },
      { title: 'STATE' },
      { title: 'ADDRESSES' },
      { title: 'PROCESS' },
      { title: 'PID', align: 'right' },
      { title: 'MEMORY', align: 'right' },
    ],
    status.hosts.flatMap(host => hostRows(host, output.style)),
  );
  output.line();
  output.line(`${formatBytes(status.residentBytes)} resident in all, without the apps`);
}

function hostRows(host: HostStatus, style: Style): string[][] {
  const first = [host.name, stateText(host, style), host.addresses.join(', ')];
  if (host.services.length === 0) return [[...first, '', '', '']];
  return host.services.map(({ name, pid, residentBytes }, index) => [
    ...(index === 0 ? first : ['', '', '']),
    name,
    pid === undefined ? style.bad('none') : String(pid),
    pid === undefined ? '' : formatBytes(residentBytes),
  ]);
}

function stateText({ state, lossPercent }: HostStatus, style: Style): string {
  const text = state === 'up' ? style.good(state) : style.bad(state);
  return lossPercent === 0 ? text : `${text}, loses ${lossPercent}%`;
}

/** Stable shape; what tests read. */
function asJson({ shape }: LabPlan, status: LabStatus): object {
  return {
    name: shape.name,
    domain: shape.domain,
    resident_bytes: status.residentBytes,
    hosts: status.hosts.map(({ name, kind, netns, addresses, state, lossPercent, services }) => ({
      name,
      kind,
      netns,
      addresses,
      state,
      loss_percent: lossPercent,
      processes: services.map(({ name: process, pid, residentBytes }) => ({
        name: process,
        pid: pid ?? null,
        resident_bytes: residentBytes,
      })),
    })),
  };
}
