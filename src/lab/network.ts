import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../exec/run.ts';
import { ipBatch, ipBatchInNetns } from '../hostnet/ip.ts';
import { etcDir, hostDir } from './lab-dir.ts';
import { addressOf, LAB_NET, type LabHost, type LabPlan, type Wire } from './lab-plan.ts';

const WIRES: readonly Wire[] = ['lan', 'outside'];

/**
 * The two switches: bridges in a namespace of their own. They are the data centre's cabling and no
 * part of how Sprue connects containers.
 */
export async function makeSwitch({ switchNetns }: LabPlan): Promise<void> {
  await ipBatch(`netns add ${switchNetns}\n`);
  const bridges = WIRES.map(wire => `link add ${wire} type bridge\nlink set ${wire} up\n`);
  await ipBatchInNetns(switchNetns, bridges.join(''));
}

/** A machine as it is after power on: its namespace, plugged in, with addresses, routes and a hostname. */
export async function makeHost(plan: LabPlan, host: LabHost): Promise<void> {
  await ipBatch(plugIn(plan, host));
  await ipBatchInNetns(plan.switchNetns, switchSide(host));
  await ipBatchInNetns(host.netns, hostSide(host));
  // A new namespace has this from the machine; here the roles that forward shall switch it on themselves.
  await run(inNetns(host, ['sysctl', '-qw', 'net.ipv4.ip_forward=0']));
}

/** Namespace and cables. */
export function plugIn({ switchNetns }: LabPlan, { netns, links }: LabHost): string {
  const cables = links.map(
    ({ name, port }) =>
      `link add ${name} netns ${netns} type veth peer name ${port} netns ${switchNetns}\n`,
  );
  return `netns add ${netns}\n${cables.join('')}`;
}

/** Removes its cables, at once: with the namespace they would go some time later. Absent is success. */
export async function unplug({ switchNetns }: LabPlan, { links }: LabHost): Promise<void> {
  for (const { port } of links)
    await run(['ip', '-n', switchNetns, 'link', 'del', port], { okExitCodes: [0, 1] });
}

export function switchSide({ links }: LabHost): string {
  return links.map(({ port, wire }) => `link set ${port} master ${wire} up\n`).join('');
}

export function hostSide({ links, gateway }: LabHost): string {
  const addresses = links.map(
    ({ name, address }) =>
      `address add ${address}/${LAB_NET.prefixBits} dev ${name}\nlink set ${name} up\n`,
  );
  const route = gateway === undefined ? '' : `route add default via ${gateway}\n`;
  return `link set lo up\n${addresses.join('')}${route}`;
}

/** Its folder, its name and what is in its /etc. Survives a loss of power. */
export async function furnishHost(plan: LabPlan, host: LabHost): Promise<void> {
  const dir = hostDir(plan.shape.name, host.name);
  await mkdir(dir, { mode: 0o711 });
  await giveHostname(utsFile(plan, host), host.name);
  const etc = etcDir(host.netns);
  await mkdir(etc, { recursive: true });
  await writeFile(join(etc, 'hosts'), hostsFile(plan, host));
  await writeFile(join(etc, 'resolv.conf'), resolvConf(host));
}

export function utsFile({ shape }: LabPlan, host: LabHost): string {
  return join(hostDir(shape.name, host.name), 'uts');
}

/** A UTS namespace that the file keeps alive. */
async function giveHostname(file: string, name: string): Promise<void> {
  await writeFile(file, '');
  await run(['unshare', `--uts=${file}`, 'hostname', name]);
}

export async function removeFurniture(netns: string): Promise<void> {
  await rm(etcDir(netns), { recursive: true, force: true });
}

/** The machines inside know each other; everything else they ask the edge's name server. */
function hostsFile({ hosts }: LabPlan, host: LabHost): string {
  const own = `127.0.0.1 localhost ${host.name}\n`;
  if (host.kind === 'client') return own;
  const others = hosts.filter(({ kind, name }) => kind !== 'client' && name !== host.name);
  return own + others.map(other => `${addressOf(other)} ${other.name}\n`).join('');
}

function resolvConf({ kind }: LabHost): string {
  const server = kind === 'client' ? LAB_NET.edgeOutside : LAB_NET.edgeInside;
  return `nameserver ${server}\noptions timeout:1 attempts:2\n`;
}

/** Argument vector of a program on a host: its network, but the machine's mounts. */
export function inNetns(host: LabHost, argv: readonly string[]): [string, ...string[]] {
  return ['nsenter', `--net=/run/netns/${host.netns}`, '--', ...argv];
}
