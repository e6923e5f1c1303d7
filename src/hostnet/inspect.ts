import { readdir } from 'node:fs/promises';
import { type Ipv4, parsePort } from '../core/address.ts';
import { parseAlias, type VethAlias } from './alias.ts';
import type { Attachment } from './host-network.ts';
import { listVeths } from './ip.ts';
import { containerNames, shortIdOfNetns, VETH_PREFIX } from './names.ts';
import { nftListMap } from './nft.ts';
import type { PortMapping } from './plan.ts';

/** What the kernel has of this platform: the truth after any crash. */
export interface KernelView {
  /** Short ids of the named namespaces. */
  readonly netnsShortIds: readonly string[];
  readonly veths: readonly { readonly name: string; readonly alias: VethAlias | undefined }[];
  readonly mappings: readonly PortMapping[];
  /** Interfaces that have an egress policy. */
  readonly policies: readonly { readonly veth: string; readonly policyId: number }[];
}

/** Elements are read before interfaces: one that is set while we read is never taken for an orphan. */
export async function readKernel(tag: string): Promise<KernelView> {
  const [ports, policies] = await Promise.all([nftListMap('ports'), nftListMap('policies')]);
  const [links, names] = await Promise.all([listVeths(), readNetnsNames()]);
  return {
    netnsShortIds: names.flatMap(name => shortIdOfNetns(tag, name) ?? []),
    veths: links
      .filter(link => link.name.startsWith(VETH_PREFIX))
      .map(({ name, alias = '' }) => ({ name, alias: parseAlias(alias, tag) })),
    mappings: ports.map(({ key, value }) => ({
      hostPort: parsePort(key[1] ?? ''),
      containerIp: value[0] as Ipv4,
      containerPort: parsePort(value[1] ?? ''),
    })),
    policies: policies.map(({ key, value }) => ({
      veth: key[0] ?? '',
      policyId: Number(value[0]),
    })),
  };
}

/** The containers whose network is complete: namespace, pair with its alias, policy; pure. */
export function attachmentsIn(view: KernelView, tag: string, hostAddress: Ipv4): Attachment[] {
  const netns = new Set(view.netnsShortIds);
  const mappings = new Map(view.mappings.map(mapping => [mapping.containerIp, mapping]));
  const withPolicy = new Set(view.policies.map(policy => policy.veth));
  return view.veths.flatMap(({ name, alias }) => {
    if (alias === undefined || !withPolicy.has(name)) return [];
    const names = containerNames(tag, alias.instanceId);
    if (names.veth !== name || !netns.has(name.slice(VETH_PREFIX.length))) return [];
    const { instanceId, appGuid, index, containerIp } = alias;
    const mapped = mappings.get(containerIp);
    return {
      instanceId,
      appGuid,
      index,
      ...names,
      containerIp,
      mapping: mapped && {
        hostAddress,
        hostPort: mapped.hostPort,
        containerPort: mapped.containerPort,
      },
    };
  });
}

async function readNetnsNames(): Promise<string[]> {
  try {
    return await readdir('/run/netns');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return []; // none was ever made
    throw thrown;
  }
}
