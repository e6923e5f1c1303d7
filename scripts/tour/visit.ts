import { setTimeout as delay } from 'node:timers/promises';
import { plainStyle } from '../../src/cli/render/style.ts';
import { renderTrace } from '../../src/cli/trace/render-trace.ts';
import {
  type Hop,
  type HopKind,
  type HopTable,
  hopTableSchema,
} from '../../src/proto/hop-table.ts';
import { type LabHosts, shown } from './lab-host.ts';

const URL = 'http://shop.example.com/cart';
const ROUTER = 'router-1';
const DEA = 'dea-1';
const MANY_INSTANCES = 9;
const TABLE_WIDTH = 100;
const MAX_TRIES = 40;
/** Longer than Node's servers keep an idle connection: after it the router has to open a new one. */
const KEEP_ALIVE_MS = 6000;

/** What the page shows: rows of one trace, and what plain commands say about the same request. */
export type Tour = Awaited<ReturnType<typeof visitLab>>;

/** Pushes an app to the lab, follows one request to it, and looks at each place on the way. */
export async function visitLab(lab: LabHosts) {
  await lab.exec('client', 'sprue push shop -p examples/hello-node -i 3');
  const trace = await traceOfNewConnection(lab);
  const looks = await lookAround(lab, trace);
  const rules = await countRules(lab);
  return { ...tableOf(trace), ...looks, rules };
}

/** DNS and the routers take turns, so some requests go another way than the page's. */
async function traceOfNewConnection(lab: LabHosts): Promise<HopTable> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const json = await lab.exec('client', `sprue trace ${URL} --json --figures`);
    const trace = hopTableSchema.parse(JSON.parse(json));
    const wayWanted =
      hopOf(trace, 'router').where === ROUTER && hopOf(trace, 'host-nat').where === DEA;
    if (!wayWanted) continue;
    if (trace.hops.every(({ state }) => state === 'seen') && seenInTime(trace)) return trace;
    await delay(KEEP_ALIVE_MS);
  }
  throw new Error(`${MAX_TRIES} requests, and none over a new connection to ${DEA}`);
}

/** On a busy machine the client may be gone before the router's sockets are looked at. */
function seenInTime(trace: HopTable): boolean {
  return sockets(trace).every(({ text }) => text.includes('ESTAB'));
}

function sockets(trace: HopTable): Hop['figures'] {
  return hopOf(trace, 'router').figures.filter(({ source }) => source.startsWith('ss '));
}

/** Each command is the one that `sprue trace --explain` names for that hop, where it names one. */
async function lookAround(lab: LabHosts, trace: HopTable) {
  const explained = (kind: HopKind, begin: string, trim?: (output: string) => string) => {
    const found = hopOf(trace, kind).explain.find(({ command }) => command.startsWith(begin));
    if (found === undefined) throw new Error(`the trace explains no ${begin} at ${kind}`);
    return lab.show(found.where, found.command, trim);
  };
  const netns = /^ip -n (\S+)/.exec(
    hopOf(trace, 'veth').explain.find(({ command }) => command.startsWith('ip -n'))?.command ?? '',
  )?.[1];
  if (netns === undefined) throw new Error('the trace does not name the container’s namespace');
  return {
    dig: await explained('dns', 'dig', withoutComments),
    clientRoute: await explained('client', 'ip route get', firstLine),
    toRouter: await explained('edge-nat', 'nft list map', withoutTable),
    edgeRule: await lab.show('edge', 'nft -s list chain inet sprue-edge to_routers', withoutTable),
    edgeConntrack: await explained('edge-nat', 'conntrack', bothDirections),
    sockets: sockets(trace)
      .map(({ source, text }) => shown(ROUTER, source, text))
      .join('\n'),
    ports: await explained('host-nat', 'nft list map', withoutTable),
    portsRule: await lab.show(DEA, 'nft -s list chain inet sprue map_ports', withoutTable),
    hostConntrack: await explained('host-nat', 'conntrack', bothDirections),
    hostRoute: await explained('veth', 'ip route get', firstLine),
    containerAddress: await lab.show(DEA, `ip -n ${netns} -4 addr show eth0`, withoutLifetimes),
    containerRoute: await lab.show(DEA, `ip -n ${netns} route`),
    containerNeighbour: await lab.show(DEA, `ip -n ${netns} neigh`),
    listener: await explained('app', 'ip netns exec'),
    body: await lab.show(
      ROUTER,
      `curl -s -H Host:shop.example.com http://10.20.0.101:61001/`,
      ownWords,
    ),
  };
}

/** Rules and elements on one host, with one instance there and with several. */
async function countRules(lab: LabHosts) {
  const few = await countsOf(lab);
  await lab.exec('client', `sprue scale shop -i ${MANY_INSTANCES}`);
  return { few, many: await countsOf(lab) };
}

async function countsOf(lab: LabHosts) {
  const { nftables } = JSON.parse(await lab.exec(DEA, 'nft -j list table inet sprue')) as {
    nftables: { rule?: unknown; map?: { name: string; elem?: unknown[] } }[];
  };
  const ports = nftables.find(({ map }) => map?.name === 'ports');
  return {
    rules: nftables.filter(({ rule }) => rule !== undefined).length,
    mappings: ports?.map?.elem?.length ?? 0,
  };
}

/** The table as `sprue trace` prints it, cut into its rows. */
function tableOf(trace: HopTable) {
  const choices = { raw: false, explain: false, figures: false };
  const lines = renderTrace(trace, { width: TABLE_WIDTH, style: plainStyle, ...choices });
  const text = lines.map(line => line.trimEnd());
  return {
    headline: text[0] ?? '',
    columns: text[2] ?? '',
    row: (kind: HopKind, direction: Hop['direction'] = 'forward') =>
      rowOf(text, hopOf(trace, kind, direction).n),
  };
}

/** A row and the lines it runs on into. */
function rowOf(lines: readonly string[], n: number): string {
  const start = lines.findIndex(line => new RegExp(`^.? *${n}  \\S`).test(line));
  if (start === -1) throw new Error(`the table has no row ${n}`);
  const length = lines.slice(start + 1).findIndex(line => !/^ {6}/.test(line)) + 1;
  return lines.slice(start, start + length).join('\n');
}

function hopOf({ hops }: HopTable, kind: HopKind, direction: Hop['direction'] = 'forward'): Hop {
  const hop = hops.find(one => one.kind === kind && one.direction === direction);
  if (hop === undefined) throw new Error(`the trace has no ${kind}, ${direction}`);
  return hop;
}

function withoutComments(output: string): string {
  return output.replace(/^;.*$/gm, '');
}

function firstLine(output: string): string {
  return output.split('\n', 1).join();
}

function withoutLifetimes(output: string): string {
  return output.replace(/^.*valid_lft.*$/gm, '').replace(/ qdisc .*$/gm, '');
}

/** The command says already which table it asks. */
function withoutTable(output: string): string {
  return output.replace(/^table .*$|^}$/gm, '').replace(/^\t/gm, '');
}

/** What the app says about its addresses; it also tells its hostname and version. */
function ownWords(output: string): string {
  return output.replace(/^my hostname[\s\S]*/m, '');
}

/** An entry has two halves, and is too long for a page: what came, and the answer that is awaited. */
function bothDirections(output: string): string {
  return output.replace(/ (src=)/g, (_, src, at) => (at > 40 ? `\n      ${src}` : ` ${src}`));
}
