/**
 * The route table with 1,000 and with 1,000,000 endpoints, two to a route.
 *
 * `lookup_1m_vs_1k` asks both tables for the same 1,000 hosts: what a bigger table costs by being
 * bigger. `uniform_1m_vs_1k` asks the big one for all of its hosts alike, which no traffic does:
 * every lookup then waits for memory that no cache holds.
 */

import { SUBJECTS } from '../src/proto/subjects.ts';
import { decodeRegistryMessage } from '../src/router/registration.ts';
import type { RegistryMessage } from '../src/router/table/registry-message.ts';
import { RouteTable } from '../src/router/table/route-table.ts';
import { Random } from '../test/kit/random.ts';
import { median, printReport } from './bench-report.ts';

const SMALL = 1_000;
const BIG = 1_000_000;
const PER_ROUTE = 2;
const LOOKUPS = 200_000;
const ROUNDS = 7;

const random = new Random(1);

/** As a DEA sends it. */
function registration(index: number): string {
  const route = Math.floor(index / PER_ROUTE);
  return JSON.stringify({
    host: `10.${index >> 18}.${(index >> 10) & 255}.${(index >> 2) & 255}`,
    port: 61_001 + (index & 3),
    uris: [`app-${route}.apps.example.com`],
    app: `11111111-1111-4111-8111-${String(route).padStart(12, '0')}`,
    private_instance_id: `22222222-2222-4222-8222-${String(index).padStart(12, '0')}`,
    private_instance_index: String(index % PER_ROUTE),
    tags: { component: 'app', process_type: 'web' },
  });
}

function decoded(index: number): RegistryMessage {
  return decodeRegistryMessage(SUBJECTS.routerRegister, registration(index));
}

function fill(count: number): RouteTable {
  const table = new RouteTable();
  for (let index = 0; index < count; index++) table.register(decoded(index), 0);
  return table;
}

/** Request heads for random routes below `routes`; the host is cut out of each, as the proxy does. */
function headsFor(routes: number): readonly string[] {
  return Array.from({ length: LOOKUPS }, () => {
    const text = `GET / HTTP/1.1\r\nHost: app-${random.below(routes)}.apps.example.com\r\n\r\n`;
    return Buffer.from(text).toString('latin1');
  });
}

/** Nanoseconds of one lookup. */
function timeLookups(table: RouteTable, heads: readonly string[]): number {
  let missing = 0;
  const startedMs = performance.now();
  for (const head of heads) {
    const start = head.indexOf('Host: ') + 6;
    const host = head.slice(start, head.indexOf('\r', start));
    if (table.lookup(host, '/') === undefined) missing++;
  }
  const elapsedMs = performance.now() - startedMs;
  if (missing > 0) throw new Error(`${missing} of ${heads.length} routes were not found`);
  return (elapsedMs / heads.length) * 1e6;
}

/** Microseconds of one unchanged registration, without and with the decoding of its message. */
function timeRegistrations(table: RouteTable, count: number): readonly [number, number] {
  const texts = Array.from({ length: 50_000 }, () => registration(random.below(count)));
  const messages = texts.map(text => decodeRegistryMessage(SUBJECTS.routerRegister, text));
  const startedMs = performance.now();
  for (const message of messages) {
    if (table.register(message, 1)) throw new Error('an unchanged registration changed something');
  }
  const registeredMs = performance.now();
  for (const text of texts) {
    table.register(decodeRegistryMessage(SUBJECTS.routerRegister, text), 2);
  }
  const decodedMs = performance.now();
  return [
    ((registeredMs - startedMs) / texts.length) * 1000,
    ((decodedMs - registeredMs) / texts.length) * 1000,
  ];
}

function timePrune(table: RouteTable): number {
  const startedMs = performance.now();
  while (!table.prune(3, 5_000));
  return performance.now() - startedMs;
}

const small = fill(SMALL);
const heapBefore = process.memoryUsage().heapUsed;
const fillStartedMs = performance.now();
const big = fill(BIG);
const fillS = (performance.now() - fillStartedMs) / 1000;
globalThis.gc?.();
const bytesPerEndpoint = (process.memoryUsage().heapUsed - heapBefore) / BIG;

const hot = headsFor(SMALL / PER_ROUTE);
const uniform = headsFor(BIG / PER_ROUTE);
const rounds = Array.from({ length: ROUNDS }, () => ({
  smallNs: timeLookups(small, hot),
  bigNs: timeLookups(big, hot),
  uniformNs: timeLookups(big, uniform),
  registrations: timeRegistrations(big, BIG),
})).slice(2); // the first rounds are compiled

const smallNs = median(rounds.map(round => round.smallNs));
const bigNs = median(rounds.map(round => round.bigNs));
const uniformNs = median(rounds.map(round => round.uniformNs));
printReport({
  bench: 'table',
  figures: {
    lookup_1k_ns: smallNs,
    lookup_1m_ns: bigNs,
    lookup_1m_uniform_ns: uniformNs,
    reregister_us: median(rounds.map(({ registrations }) => registrations[0])),
    reregister_with_decoding_us: median(rounds.map(({ registrations }) => registrations[1])),
    fill_1m_s: fillS,
    prune_1m_ms: timePrune(big),
    bytes_per_endpoint: bytesPerEndpoint,
  },
  ratios: { lookup_1m_vs_1k: bigNs / smallNs, uniform_1m_vs_1k: uniformNs / smallNs },
});
