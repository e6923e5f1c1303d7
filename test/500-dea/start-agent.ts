import { dirname } from 'node:path';
import { Bus } from '../../src/bus/bus.ts';
import { parseCidr, parseIpv4, parsePort } from '../../src/core/address.ts';
import { createLog } from '../../src/core/process-log.ts';
import { Dea } from '../../src/dea/dea.ts';
import type { HostNetwork } from '../../src/hostnet/host-network.ts';
import { createHostNetwork } from '../../src/hostnet/kernel-host-network.ts';
import { createWarden } from '../../src/warden/container-warden.ts';
import type { Warden } from '../../src/warden/warden.ts';
import { LAB } from '../kit/net-lab.ts';

export const DEA_ID = 'dea-1';

export interface AgentOptions {
  readonly stateDir: string;
  readonly natsUrl: string;
  /** Called when NATS is connected, before the agent starts. */
  readonly connected?: () => Promise<void>;
}

/** Long waits are shortened where no test is about them. */
const TIMINGS = { livenessIntervalMs: 500, stopGraceMs: 2_000, drainMs: 100 };

const log = createLog('agent', (process.env['SPRUE_TEST_LOG'] ?? 'silent') as 'silent' | 'debug');

/** The layers that an agent works with, on this machine's kernel. */
export function openLayers(stateDir: string): { hostnet: HostNetwork; warden: Warden } {
  const hostnet = createHostNetwork({
    stateDir,
    hostAddress: parseIpv4(LAB.hostAddress),
    nameservers: [parseIpv4(LAB.nameserver)],
    servicePorts: [parsePort(80)],
    clients: [parseCidr(LAB.network)],
  });
  return { hostnet, warden: createWarden({ stateDir, log }) };
}

/** A whole agent, as `sprue up` starts it. */
export async function startAgent({
  stateDir,
  natsUrl,
  connected,
}: AgentOptions): Promise<{ readonly dea: Dea; readonly bus: Bus }> {
  const bus = await Bus.connect({ servers: [natsUrl], name: 'agent', log });
  await connected?.();
  const { hostnet, warden } = openLayers(stateDir);
  await hostnet.setUp();
  const dea = await Dea.start({
    ...{ deaId: DEA_ID, stateDir, bus, hostnet, warden, log },
    address: parseIpv4(LAB.hostAddress),
    capacity: { memoryMib: 2048, diskMib: 4096 },
    container: {
      mounts: [{ source: dirname(process.execPath), destination: '/opt/node/bin', readOnly: true }],
      nameservers: [LAB.nameserver],
      pids: 256,
    },
    version: '0.0.0-test',
    timings: TIMINGS,
  });
  return { dea, bus };
}

if (import.meta.main) {
  await startAgent(JSON.parse(process.argv[2] ?? ''));
  process.stdout.write('ready\n');
  setInterval(() => {}, 60_000);
}
