import type { Ipv4 } from '../core/address.ts';
import type { Log } from '../core/log.ts';
import type { Allocator } from './allocator.ts';
import type { ApplyNft } from './nft-batcher.ts';

/** What attaching and detaching work with, once the network is set up. */
export interface Workshop {
  readonly tag: string;
  readonly hostAddress: Ipv4;
  readonly mtuBytes: number;
  readonly policyId: number;
  readonly allocator: Allocator;
  readonly applyNft: ApplyNft;
  readonly log: Log;
}
