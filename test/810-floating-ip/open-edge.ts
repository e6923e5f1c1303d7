import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bus } from '../../src/bus/bus.ts';
import { KvBucket } from '../../src/bus/kv-bucket.ts';
import { parseCidr, parseIpv4 } from '../../src/core/address.ts';
import { silentLog } from '../../src/core/log.ts';
import { Edge } from '../../src/edge/edge.ts';
import type { EdgeOptions } from '../../src/edge/edge-options.ts';
import {
  EDGE_KV,
  EDGE_LEASE_MS,
  edgeLeaseSchema,
  floatingIpKey,
  floatingIpSchema,
} from '../../src/proto/edge.ts';
import { assertNoLeak, readMachine } from '../kit/leak-check.ts';
import { EDGE_LAB, type EdgeLab } from './edge-lab.ts';

export const DOMAIN = 'apps.example.com';

/** What the controller writes. */
export async function openBuckets(bus: Bus) {
  const floatingIps = await KvBucket.open(bus, {
    name: EDGE_KV.floatingIps,
    decode: json => floatingIpSchema.parse(json),
  });
  const edges = await KvBucket.open(bus, {
    name: EDGE_KV.edges,
    decode: json => edgeLeaseSchema.parse(json),
    ttlMs: EDGE_LEASE_MS,
  });
  return {
    floatingIps,
    edges,
    allocate: (address: string, router: string | null) => {
      const floatingIp = {
        address: parseIpv4(address),
        router: router === null ? null : parseIpv4(router),
        createdMs: Date.now(),
      };
      return floatingIps.put(floatingIpKey(floatingIp.address), floatingIp);
    },
    release: (address: string) => floatingIps.delete(floatingIpKey(parseIpv4(address))),
    async releaseAll() {
      for (const key of await floatingIps.keys()) await floatingIps.delete(key);
      for (const key of await edges.keys()) await edges.delete(key);
    },
  };
}
export type Buckets = Awaited<ReturnType<typeof openBuckets>>;

export function edgeOptions(bus: Bus, stateDir: string): EdgeOptions {
  return {
    ...{ bus, stateDir, log: silentLog },
    edgeId: 'edge-1',
    domains: [DOMAIN],
    dns: { addresses: [parseIpv4(EDGE_LAB.outside)] },
    floating: {
      pool: [parseCidr(EDGE_LAB.pool)],
      outsideAddress: parseIpv4(EDGE_LAB.outside),
      insideAddress: parseIpv4(EDGE_LAB.inside),
    },
  };
}

export interface OpenEdge extends AsyncDisposable {
  readonly options: EdgeOptions;
  edge: Edge;
}

/** An edge in the lab; disposing it stops it and checks that the machine is as it was. */
export async function openEdge(lab: EdgeLab, bus: Bus, buckets: Buckets): Promise<OpenEdge> {
  const stateDir = await mkdtemp(join(tmpdir(), 'sprue-edge-'));
  const scope = { netns: lab.edge.netns, folders: [stateDir] };
  const before = await readMachine(scope);
  const options = edgeOptions(bus, stateDir);
  const open: OpenEdge = {
    options,
    edge: await Edge.start(options),
    async [Symbol.asyncDispose]() {
      await open.edge.stop({ leaveTraffic: false });
      await buckets.releaseAll();
      await assertNoLeak(before, scope);
      await rm(stateDir, { recursive: true, force: true });
    },
  };
  return open;
}
