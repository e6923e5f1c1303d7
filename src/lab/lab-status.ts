import { findRecordedProcess } from '../roles/kept-process.ts';
import { readDisturbances } from './disturb.ts';
import { entries } from './lab-dir.ts';
import type { LabHost, LabPlan } from './lab-plan.ts';
import { residentBytes } from './memory.ts';
import { recordFile, servicesOf } from './services.ts';

export interface ServiceStatus {
  readonly name: string;
  /** `undefined`: it does not run. */
  readonly pid: number | undefined;
  readonly residentBytes: number;
}

export interface HostStatus {
  readonly name: string;
  readonly kind: LabHost['kind'];
  readonly netns: string;
  readonly addresses: readonly string[];
  /** `off`: no power; `cut`: not reachable; `ailing`: something that should run does not. */
  readonly state: 'up' | 'ailing' | 'cut' | 'off';
  /** Share of packets lost on its links, in per cent. */
  readonly lossPercent: number;
  readonly services: readonly ServiceStatus[];
}

export interface LabStatus {
  readonly hosts: readonly HostStatus[];
  /** Of all services; pages that they share are counted once for each. */
  readonly residentBytes: number;
}

export async function labStatus(plan: LabPlan): Promise<LabStatus> {
  const present = new Set(entries('/run/netns'));
  const disturbed = await readDisturbances(plan);
  const hosts = await Promise.all(
    plan.hosts.map(async host => {
      const services = await servicesOn(plan, host);
      const { cut = false, lossPercent = 0 } = disturbed.get(host.name) ?? {};
      return {
        name: host.name,
        kind: host.kind,
        netns: host.netns,
        addresses: host.links.map(({ address }) => address),
        state: stateOf(present.has(host.netns), cut, services),
        lossPercent,
        services,
      };
    }),
  );
  const all = hosts.flatMap(({ services }) => services);
  return { hosts, residentBytes: all.reduce((sum, one) => sum + one.residentBytes, 0) };
}

/** Whether a host has power. */
export function isOn(host: LabHost): boolean {
  return entries('/run/netns').includes(host.netns);
}

async function servicesOn(plan: LabPlan, host: LabHost): Promise<ServiceStatus[]> {
  return Promise.all(
    servicesOf(plan, host).map(async service => {
      const found = await findRecordedProcess(recordFile(plan, host, service));
      const bytes = found === undefined ? 0 : residentBytes(found.pid);
      return { name: service.name, pid: found?.pid, residentBytes: bytes };
    }),
  );
}

function stateOf(
  hasPower: boolean,
  isCut: boolean,
  services: readonly ServiceStatus[],
): HostStatus['state'] {
  if (!hasPower) return 'off';
  if (isCut) return 'cut';
  return services.some(({ pid }) => pid === undefined) ? 'ailing' : 'up';
}
