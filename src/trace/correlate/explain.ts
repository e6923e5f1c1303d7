import type { Flow, ObservationOf } from '../../proto/trace.ts';

/** The plain Linux command that shows what a hop shows. Text for people; nobody runs it. */
type NatSeen = ObservationOf<'edge-nat'> | ObservationOf<'dea-nat'>;

export function digCommand({ server, question }: ObservationOf<'dns'>): string {
  const colon = server.lastIndexOf(':');
  const host = colon < 0 ? server : server.slice(0, colon).replace(/^\[|\]$/g, '');
  const port = colon < 0 ? '53' : server.slice(colon + 1);
  return `dig @${host}${port === '53' ? '' : ` -p ${port}`} ${question.name} ${question.type}`;
}

export function clientCommands({ source, destination }: Flow): string[] {
  return [`ip route get ${destination.host}`, `ss -tn sport = :${source.port}`];
}

export function natCommands({ before, element }: NatSeen): string[] {
  const { source, destination } = before;
  const map = element?.map;
  return [
    ...(map === undefined ? [] : [`nft list map ${map}`]),
    `conntrack -L -p tcp --orig-src ${source.host} --sport ${source.port} --dport ${destination.port}`,
  ];
}

export function listenerCommand({ netns }: ObservationOf<'container'>): string {
  return `ip netns exec ${netns} ss -tlnp`;
}

export function vethCommands({ containerIp, netns }: ObservationOf<'container'>): string[] {
  return [`ip route get ${containerIp}`, `ip -n ${netns} addr`, `ip -n ${netns} route`];
}

export function acceptedCommand({ destination, source }: Flow): string {
  return `ss -tnp sport = :${destination.port} and dport = :${source.port}`;
}

export function dialledCommand({ source, destination }: Flow): string {
  return `ss -tnp sport = :${source.port} and dport = :${destination.port}`;
}
