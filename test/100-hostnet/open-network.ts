import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCidr, parseIpv4, parsePort } from '../../src/core/address.ts';
import { newGuid, newInstanceId } from '../../src/core/ids.ts';
import type { Attachment, HostNetwork } from '../../src/hostnet/host-network.ts';
import {
  createHostNetwork,
  type HostNetworkOptions,
} from '../../src/hostnet/kernel-host-network.ts';
import { netnsPrefix, platformTag } from '../../src/hostnet/names.ts';
import { assertNoLeak, type LeakScope, readMachine } from '../kit/leak-check.ts';
import { LAB, type LabNode, labNode, type NetLab } from '../kit/net-lab.ts';

export const CONTAINER_PORT = parsePort(8080);

export interface OpenNetwork extends AsyncDisposable {
  readonly network: HostNetwork;
  readonly stateDir: string;
  readonly options: HostNetworkOptions;
  readonly scope: LeakScope;
  /** Attaches a new container; `mapped: false` for one without a host port. */
  container(options?: { readonly mapped?: boolean }): Promise<Attachment>;
}

export function request({ mapped = true }: { readonly mapped?: boolean } = {}) {
  return {
    instanceId: newInstanceId(),
    appGuid: newGuid(),
    index: 0,
    ...(mapped && { containerPort: CONTAINER_PORT }),
  };
}

/** Options for a platform with a state directory of its own that lets the lab's outside dial ports. */
export async function labOptions(
  changes: Partial<HostNetworkOptions> = {},
): Promise<HostNetworkOptions> {
  return {
    stateDir: changes.stateDir ?? (await mkdtemp(join(tmpdir(), 'sprue-hostnet-'))),
    hostAddress: parseIpv4(LAB.hostAddress),
    nameservers: [parseIpv4(LAB.nameserver)],
    servicePorts: [parsePort(80)],
    clients: [parseCidr(LAB.network)],
    ...changes,
  };
}

/** A host network in the lab's host; disposing it tears it down and checks that nothing is left. */
export async function openNetwork(
  lab: NetLab,
  changes: Partial<HostNetworkOptions> = {},
): Promise<OpenNetwork> {
  const options = await labOptions(changes);
  const { stateDir } = options;
  const scope: LeakScope = {
    netns: lab.host.netns,
    marks: [netnsPrefix(platformTag(stateDir))],
    folders: [stateDir],
  };
  const before = await readMachine(scope);
  const network = createHostNetwork(options);
  try {
    await network.setUp();
  } catch (error) {
    await rm(stateDir, { recursive: true, force: true });
    throw error;
  }
  return {
    network,
    stateDir,
    options,
    scope,
    container: containerOptions => network.attach(request(containerOptions)),
    async [Symbol.asyncDispose]() {
      await network.tearDown();
      await assertNoLeak(before, scope);
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

/** The inside of a container: what a process there sees and can do (except that it is root). */
export function inside(attachment: Attachment): LabNode {
  return labNode(attachment.netns, attachment.containerIp);
}
