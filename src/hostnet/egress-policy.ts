import { type Cidr, parseCidr } from '../core/address.ts';

/** Where the containers of one policy may open connections to. What is not allowed is refused. */
export interface EgressPolicy {
  /** 1–65535; 0 is what a container without policy has, and it may go nowhere. */
  readonly id: number;
  readonly allow: readonly EgressRule[];
  /** Wins over `allow`. */
  readonly deny: readonly Cidr[];
}

export type EgressRule =
  | { readonly protocol: 'all'; readonly destination: Cidr }
  | {
      readonly protocol: 'tcp' | 'udp';
      readonly destination: Cidr;
      readonly ports: { readonly first: number; readonly last: number };
    };

/** Networks that are not the public internet (RFC 6890 and the cloud's metadata address among them). */
const NOT_PUBLIC: readonly Cidr[] = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private, RFC 1918
  '100.64.0.0/10', // carrier-grade NAT, RFC 6598
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local, with the metadata address 169.254.169.254
  '172.16.0.0/12', // private
  '192.0.0.0/24', // IETF protocol assignments
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarking, RFC 2544
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
].map(parseCidr);

/** Like Cloud Foundry's `public_networks`; name servers are allowed by the platform for everybody. */
export const PUBLIC_NETWORKS: EgressPolicy = {
  id: 1,
  allow: [{ protocol: 'all', destination: parseCidr('0.0.0.0/0') }],
  deny: NOT_PUBLIC,
};
