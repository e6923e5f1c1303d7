import { SprueError } from '../core/errors.ts';
import { run } from '../exec/run.ts';
import { ipBatchInNetns } from '../hostnet/ip.ts';
import type { LabHost, LabPlan } from './lab-plan.ts';

/** What was done to a host's links. */
export interface Disturbance {
  readonly cut?: boolean;
  readonly lossPercent?: number;
}

/** Parts of this many that loss is counted in: 0.01 %. */
const PARTS = 10_000;

/** Pulls the plugs. In the switch, so that the host keeps its routes, as with a real cable. */
export function cutLinks(plan: LabPlan, host: LabHost): Promise<void> {
  return setPorts(plan, host, 'down');
}

export function joinLinks(plan: LabPlan, host: LabHost): Promise<void> {
  return setPorts(plan, host, 'up');
}

function setPorts(plan: LabPlan, host: LabHost, state: 'up' | 'down'): Promise<void> {
  const commands = host.links.map(({ port }) => `link set ${port} ${state}\n`).join('');
  return ipBatchInNetns(plan.switchNetns, commands);
}

/** Loses that share of the packets to and from a host, at random, in the switch. 0 loses none. */
export async function loseOnLinks(plan: LabPlan, host: LabHost, percent: number): Promise<void> {
  const input = lossRules(host, percent);
  await run(inSwitch(plan, ['nft', '-f', '-']), { input });
}

/** Pure part of {@link loseOnLinks}: a table per host, so that it is replaced as a whole. */
export function lossRules(host: LabHost, percent: number): string {
  const table = lossTable(host);
  const remove = `add table ${table}\ndelete table ${table}\n`;
  const parts = Math.round((percent * PARTS) / 100);
  if (parts === 0) return remove;
  const drop = parts === PARTS ? 'drop' : `numgen random mod ${PARTS} < ${parts} drop`;
  const rules = host.links.flatMap(({ port }) => [
    `iifname "${port}" ${drop}`,
    `oifname "${port}" ${drop}`,
  ]);
  return `${remove}table ${table} {
  comment "${percent}"
  chain lose {
    type filter hook forward priority filter; policy accept;
    ${rules.join('\n    ')}
  }
}
`;
}

/** Holds up every packet to a host. @throws SprueError `LAB_NO_NETEM` when the kernel cannot */
export async function delayLinks(plan: LabPlan, host: LabHost, delayMs: number): Promise<void> {
  for (const { port } of host.links) await delayPort(plan, port, delayMs);
}

async function delayPort(plan: LabPlan, port: string, delayMs: number): Promise<void> {
  const root = ['dev', port, 'root'];
  const change =
    delayMs === 0
      ? ['tc', 'qdisc', 'del', ...root]
      : ['tc', 'qdisc', 'replace', ...root, 'netem', 'delay', `${delayMs}ms`];
  try {
    await run(inSwitch(plan, change));
  } catch (thrown) {
    const text = thrown instanceof Error ? thrown.message : '';
    if (delayMs === 0 && /No such file|handle of zero/.test(text)) return; // none was there
    if (/qdisc kind is unknown/.test(text))
      throw new SprueError('LAB_NO_NETEM', {}, { cause: thrown });
    throw thrown;
  }
}

/** As the kernel has it, by host; hosts that nothing was done to are left out. */
export async function readDisturbances(plan: LabPlan): Promise<Map<string, Disturbance>> {
  const [links, tables] = await Promise.all([
    run(['ip', '-n', plan.switchNetns, '-j', 'link', 'show', 'type', 'veth'], {
      okExitCodes: [0, 1],
    }),
    run(inSwitch(plan, ['nft', 'list', 'tables']), { okExitCodes: [0, 1] }),
  ]);
  const down = portsDown(links.stdout);
  const found = new Map<string, Disturbance>();
  for (const host of plan.hosts) {
    const cut = host.links.some(({ port }) => down.has(port));
    const loses = tables.stdout.includes(`${lossTable(host)}\n`);
    const lossPercent = loses ? await readLoss(plan, host) : 0;
    if (cut || lossPercent > 0) found.set(host.name, { cut, lossPercent });
  }
  return found;
}

async function readLoss(plan: LabPlan, host: LabHost): Promise<number> {
  const { stdout } = await run(
    inSwitch(plan, ['nft', 'list', 'table', ...lossTable(host).split(' ')]),
  );
  const parts = /mod \d+ < (\d+)/.exec(stdout)?.[1] ?? PARTS; // everything is lost without a choice
  return (Number(parts) * 100) / PARTS;
}

function portsDown(json: string): Set<string> {
  const links = JSON.parse(json || '[]') as { ifname: string; flags: string[] }[];
  return new Set(links.filter(({ flags }) => !flags.includes('UP')).map(({ ifname }) => ifname));
}

function lossTable(host: LabHost): string {
  return `bridge lose-${host.name}`;
}

function inSwitch({ switchNetns }: LabPlan, argv: readonly string[]): [string, ...string[]] {
  return ['nsenter', `--net=/run/netns/${switchNetns}`, '--', ...argv];
}
