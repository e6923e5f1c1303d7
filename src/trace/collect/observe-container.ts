import { hostname } from 'node:os';
import type { Attachment } from '../../hostnet/host-network.ts';
import type { ObservationOf, TraceAttempt, TraceListener } from '../../proto/trace.ts';
import type { Warden } from '../../warden/warden.ts';
import { ask, evidence } from './ask.ts';
import type { LookContext } from './look-context.ts';
import { flowTo, parseSocketLines, type SocketLine } from './parse-sockets.ts';
import { findRoute } from './route.ts';
import { type SocketOwner, socketOwners } from './socket-owner.ts';
import { containerViews } from './views.ts';

const MAX_OTHERS = 20;
/** `ss`: a listener has no other end. */
const LISTENING = 'dport = :0';

/** The way into one container, and what listens there. */
export async function observeContainer(
  { start, agent, requestId }: LookContext,
  { local, n }: TraceAttempt,
  attachment: Attachment,
  warden: Pick<Warden, 'list'>,
): Promise<ObservationOf<'container'>> {
  const { appGuid, index, instanceId, containerIp, veth, netns, netnsPath } = attachment;
  const containerPort = attachment.mapping?.containerPort ?? 0;
  const inside = (...argv: string[]) =>
    ask(['nsenter', `--net=${netnsPath}`, '--', ...argv], shown(netns, argv));
  const [route, answer, containers, views] = await Promise.all([
    findRoute(containerIp),
    inside('ss', '-Htane', local ? `${LISTENING} or dst = ${local.host}:${local.port}` : LISTENING),
    warden.list(),
    start.figures ? containerViews(netns, netnsPath) : undefined,
  ]);
  const all = answer.ok ? parseSocketLines(answer.text) : [];
  const sockets = all.filter(({ state }) => state === 'LISTEN');
  const pid = containers.find(container => container.instanceId === instanceId)?.pid ?? 0;
  const owners =
    pid === 0 ? new Map<number, SocketOwner>() : await socketOwners(pid, inodesOf(sockets));
  const takes = (socket: SocketLine) =>
    socket.local.port === containerPort && isReachable(socket.local.host, containerIp);
  const listener = sockets.find(takes);
  const connection = all.find(({ state }) => state !== 'LISTEN');
  return {
    trace: start.id,
    host: hostname(),
    atMs: Date.now(),
    raw: evidence(route.answer, answer),
    ...(views && { views }),
    source: 'container',
    role: 'dea',
    agent,
    subject: { requestId, attempt: n },
    ...{ appGuid, index, instanceId, containerIp, containerPort, veth, netns },
    ...(route.device !== undefined && { routeDevice: route.device }),
    ...(route.route !== undefined && { route: route.route }),
    ...(listener && { listener: describe(listener, owners) }),
    otherListeners: sockets
      .filter(socket => socket !== listener)
      .slice(0, MAX_OTHERS)
      .map(socket => describe(socket, owners)),
    ...(connection && {
      connection: {
        flow: flowTo(connection),
        state: connection.state,
        unreadBytes: connection.receiveQueue,
      },
    }),
  };
}

/** A listener takes what comes from outside when it is bound to all addresses or to the container's. */
function isReachable(host: string, containerIp: string): boolean {
  return host === '0.0.0.0' || host === '::' || host === containerIp;
}

function inodesOf(sockets: readonly SocketLine[]): ReadonlySet<number> {
  return new Set(sockets.flatMap(({ inode }) => inode ?? []));
}

function describe(
  { local, inode, receiveQueue, sendQueue }: SocketLine,
  owners: ReadonlyMap<number, SocketOwner>,
): TraceListener {
  const owner = inode === undefined ? undefined : owners.get(inode);
  return { ...local, ...owner, backlog: receiveQueue, backlogMax: sendQueue };
}

/** As a person would type it. */
function shown(netns: string, argv: readonly string[]): string {
  const words = argv.map(word => (word.includes(' ') ? `'${word}'` : word));
  return `ip netns exec ${netns} ${words.join(' ')}`;
}
