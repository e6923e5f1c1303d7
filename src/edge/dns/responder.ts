import { answer } from './answer.ts';
import { type DnsCounters, newDnsCounters } from './counters.ts';
import { type Zones, zonesByApex } from './lookup.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Zone } from './zone.ts';

/** What all sockets of a server share: the zones, the rate limit and the counters. No I/O. */
export class Responder {
  readonly counters: DnsCounters = newDnsCounters();
  readonly #rateLimit: RateLimit;
  #zones: Zones = new Map();

  constructor(rateLimit: RateLimit) {
    this.#rateLimit = rateLimit;
  }

  /** From now on answers come from these zones: each from the old ones or the new ones, no mixture. */
  setZones(zones: readonly Zone[]): void {
    this.#zones = zonesByApex(zones);
  }

  /** The reply to a datagram, or `undefined` for none. */
  replyToDatagram(packet: Buffer, clientAddress: string): Buffer | undefined {
    this.counters.udpReceived += 1;
    const verdict = this.#rateLimit.take(clientAddress);
    if (verdict === 'drop') {
      this.counters.rateLimited += 1;
      return undefined;
    }
    return this.#reply(packet, { transport: 'udp', truncate: verdict === 'slip' });
  }

  /** The reply to a message that came over TCP, where senders cannot be forged. */
  replyToMessage(packet: Buffer): Buffer | undefined {
    this.counters.tcpReceived += 1;
    return this.#reply(packet, { transport: 'tcp' });
  }

  #reply(packet: Buffer, options: Parameters<typeof answer>[2]): Buffer | undefined {
    const reply = answer(packet, this.#zones, options);
    if (reply === undefined) this.counters.ignored += 1;
    else this.counters.replies[reply.outcome] += 1;
    return reply?.packet;
  }
}
