import { randomBytes } from 'node:crypto';
import { type RunOptions, type RunResult, run } from '../../src/exec/run.ts';
import { type NetWorker, openNetWorker } from './net-worker-client.ts';

/** A network namespace that plays a machine. */
export interface LabNode {
  readonly netns: string;
  readonly address: string;
  /** Runs a program in the namespace; same contract as `src/exec/run.ts`. */
  exec(argv: readonly [string, ...string[]], options?: RunOptions): Promise<RunResult>;
  /** A process in the namespace that opens sockets on demand. */
  worker(): Promise<NetWorker>;
}

/**
 * Two machines joined by a wire:
 *
 *     host  uplink 198.51.100.2/24 ════ 198.51.100.10/24 eth0  outside
 *
 * `outside` is everything that is not the host: clients, the internet, the neighbours. It owns
 * {@link LAB.publicAddress}, {@link LAB.privateAddress} and {@link LAB.metadataAddress}, and the
 * host's default route leads there.
 */
export interface NetLab {
  readonly host: LabNode;
  readonly outside: LabNode;
}

export const LAB = {
  hostAddress: '198.51.100.2',
  clientAddress: '198.51.100.10',
  network: '198.51.100.0/24',
  publicAddress: '203.0.113.10',
  privateAddress: '172.20.0.10',
  metadataAddress: '169.254.169.254',
  nameserver: '172.20.0.53',
} as const;

/** Names of the namespaces of one lab, so that another process can use them too. */
export interface LabNames {
  readonly host: string;
  readonly outside: string;
}

/** Argument vector that enters a namespace but keeps the mounts, so that `ip netns` works inside. */
export function inNetns(netns: string, argv: readonly string[]): [string, ...string[]] {
  return ['nsenter', `--net=/run/netns/${netns}`, '--', ...argv];
}

/** Makes the namespaces and the wire between them. The caller must {@link destroyNetLab}. */
export async function createNetLab(): Promise<LabNames> {
  const tag = randomBytes(3).toString('hex');
  const names = { host: `sprue-t-${tag}-h`, outside: `sprue-t-${tag}-o` };
  try {
    await run(['ip', '-batch', '-'], { input: wire(names) });
    await run(['ip', '-n', names.host, '-batch', '-'], { input: HOST_SIDE });
    await run(['ip', '-n', names.outside, '-batch', '-'], { input: OUTSIDE });
    await run(inNetns(names.outside, ['sysctl', '-qw', 'net.ipv4.ip_forward=1']));
  } catch (error) {
    await destroyNetLab(names);
    throw error;
  }
  return names;
}

/** Idempotent. Processes that still run inside keep running without a network. */
export async function destroyNetLab(names: LabNames): Promise<void> {
  for (const netns of [names.host, names.outside]) {
    await run(['ip', 'netns', 'del', netns], { okExitCodes: [0, 1] });
  }
}

export function openNetLab(names: LabNames): NetLab {
  return {
    host: labNode(names.host, LAB.hostAddress),
    outside: labNode(names.outside, LAB.clientAddress),
  };
}

/** Any other namespace (a container's, say) as a lab node. */
export function labNode(netns: string, address: string): LabNode {
  return {
    netns,
    address,
    exec: (argv, options) => run(inNetns(netns, argv), options),
    worker: () => openNetWorker(netns),
  };
}

function wire({ host, outside }: LabNames): string {
  return [
    `netns add ${host}`,
    `netns add ${outside}`,
    `link add uplink netns ${host} type veth peer name eth0 netns ${outside}`,
    '',
  ].join('\n');
}

const HOST_SIDE = `link set lo up
address add ${LAB.hostAddress}/24 dev uplink
link set uplink up
route add default via ${LAB.clientAddress}
`;

const OUTSIDE = `link set lo up
address add ${LAB.clientAddress}/24 dev eth0
link set eth0 up
address add ${LAB.publicAddress}/32 dev lo
address add ${LAB.privateAddress}/32 dev lo
address add ${LAB.nameserver}/32 dev lo
address add ${LAB.metadataAddress}/32 dev lo
`;
