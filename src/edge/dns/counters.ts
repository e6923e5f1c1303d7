import { OUTCOMES, type Outcome } from './answer.ts';

/** What a DNS server has done since it started. Plain integers, changed in place. */
export interface DnsCounters {
  /** Packets and messages that came, whatever they were. */
  udpReceived: number;
  tcpReceived: number;
  /** Replies by what they say. */
  readonly replies: Record<Outcome, number>;
  /** What got no reply because it was none to answer: a response, or too short. */
  ignored: number;
  /** Queries over UDP beyond the rate limit that got no reply. Those that slipped are `truncated`. */
  rateLimited: number;
  /** Replies that the kernel did not take: no route, or a full queue. */
  unsent: number;
  tcpOpen: number;
  /** Connections closed at once because there were too many. */
  tcpRefused: number;
  /** Connections closed because no complete query came in time, or its reply was not read. */
  tcpTimedOut: number;
}

export function newDnsCounters(): DnsCounters {
  return {
    udpReceived: 0,
    tcpReceived: 0,
    replies: Object.fromEntries(OUTCOMES.map(outcome => [outcome, 0])) as Record<Outcome, number>,
    ignored: 0,
    rateLimited: 0,
    unsent: 0,
    tcpOpen: 0,
    tcpRefused: 0,
    tcpTimedOut: 0,
  };
}
