import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { run } from '../../src/exec/run.ts';
import { inNetns, type LabNode, labNode } from '../kit/net-lab.ts';

/**
 *     client 198.51.100.10 ── outside 198.51.100.1  edge  10.30.0.1 inside ──┬── router-1 10.30.0.11
 *     (pool 203.0.113.0/28 is on the outside wire)                           ├── router-2 10.30.0.12
 *                                                                            └── host     10.30.0.101
 *
 * `lan` holds the bridge that the machines inside are plugged into. Their default route is the edge.
 */
export const EDGE_LAB = {
  client: '198.51.100.10',
  outside: '198.51.100.1',
  inside: '10.30.0.1',
  router1: '10.30.0.11',
  router2: '10.30.0.12',
  host: '10.30.0.101',
  pool: '203.0.113.0/28',
} as const;

const INSIDE = ['router1', 'router2', 'host'] as const;
const VARIABLE = 'SPRUE_TEST_EDGE_LAB';

export interface EdgeLab {
  readonly edge: LabNode;
  readonly client: LabNode;
  readonly router1: LabNode;
  readonly router2: LabNode;
  readonly host: LabNode;
  /** Pulls a machine's cable, at the switch. */
  cut(name: (typeof INSIDE)[number]): Promise<void>;
  heal(name: (typeof INSIDE)[number]): Promise<void>;
}

/** Runs the calling test file inside the edge of a lab of its own; see `test/kit/enter-lab.ts`. */
export async function enterEdgeLab(testFile: string): Promise<EdgeLab> {
  const inherited = process.env[VARIABLE];
  if (inherited !== undefined) return openEdgeLab(inherited);
  const tag = randomBytes(3).toString('hex');
  let exitCode = 1;
  try {
    await makeEdgeLab(tag);
    const argv = inNetns(netnsOf(tag, 'edge'), [process.execPath, ...process.execArgv, testFile]);
    exitCode = await runInherited(argv, { ...process.env, [VARIABLE]: tag });
  } finally {
    for (const name of ['edge', 'client', 'lan', ...INSIDE]) {
      await run(['ip', 'netns', 'del', netnsOf(tag, name)], { okExitCodes: [0, 1] });
    }
  }
  process.exit(exitCode);
}

function netnsOf(tag: string, name: string): string {
  return `sprue-t-${tag}-${name}`;
}

function openEdgeLab(tag: string): EdgeLab {
  const node = (name: string, address: string) => labNode(netnsOf(tag, name), address);
  const plug = async (name: string, state: 'up' | 'down') => {
    await run(['ip', '-n', netnsOf(tag, 'lan'), 'link', 'set', name, state]);
  };
  return {
    edge: node('edge', EDGE_LAB.outside),
    client: node('client', EDGE_LAB.client),
    router1: node('router1', EDGE_LAB.router1),
    router2: node('router2', EDGE_LAB.router2),
    host: node('host', EDGE_LAB.host),
    cut: name => plug(name, 'down'),
    heal: name => plug(name, 'up'),
  };
}

async function makeEdgeLab(tag: string): Promise<void> {
  const [edge, client, lan] = [netnsOf(tag, 'edge'), netnsOf(tag, 'client'), netnsOf(tag, 'lan')];
  const batch = (netns: string, lines: readonly string[]) =>
    run(['ip', '-n', netns, '-batch', '-'], { input: `${lines.join('\n')}\n` });
  const all = [edge, client, lan, ...INSIDE.map(name => netnsOf(tag, name))];
  await run(['ip', '-batch', '-'], { input: all.map(name => `netns add ${name}\n`).join('') });
  await batch(lan, ['link add lan type bridge', 'link set lan up']);
  await batch(edge, [
    'link set lo up',
    `link add outside type veth peer name eth0 netns ${client}`,
    `link add inside type veth peer name edge netns ${lan}`,
    `address add ${EDGE_LAB.outside}/24 dev outside`,
    `address add ${EDGE_LAB.inside}/24 dev inside`,
    'link set outside up',
    'link set inside up',
  ]);
  await batch(lan, ['link set edge master lan up']);
  await batch(client, [
    'link set lo up',
    `address add ${EDGE_LAB.client}/24 dev eth0`,
    'link set eth0 up',
    `route add ${EDGE_LAB.pool} dev eth0`,
    `route add default via ${EDGE_LAB.outside}`,
  ]);
  for (const name of INSIDE) {
    await batch(netnsOf(tag, name), [
      'link set lo up',
      `link add eth0 type veth peer name ${name} netns ${lan}`,
      `address add ${EDGE_LAB[name]}/24 dev eth0`,
      'link set eth0 up',
      `route add default via ${EDGE_LAB.inside}`,
    ]);
    await batch(lan, [`link set ${name} master lan up`]);
  }
}

async function runInherited(argv: readonly [string, ...string[]], env: NodeJS.ProcessEnv) {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const [program, ...args] = argv;
  const child = spawn(program, args, { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  child.once('error', reject);
  child.once('close', code => resolve(code ?? 1));
  return promise;
}
