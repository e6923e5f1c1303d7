import type { Ipv4 } from '../../core/address.ts';
import { run } from '../../exec/run.ts';
import { tool } from '../../hostnet/tool.ts';

/**
 * Sends, for each address, an ARP announcement as a request (RFC 5227 §2.3) and once more as a reply,
 * because some switches and routers heed only the one or the other. Arguments: index and MAC address
 * of the interface, then the IPv4 addresses.
 *
 * Node has no packet sockets, and the kernel announces by itself only when an interface comes up.
 * `perl-base` is on every Debian and Ubuntu; `arping` is on few machines, in two dialects.
 */
const ANNOUNCE = String.raw`
use strict;
my ($index, $mac, @addresses) = @ARGV;
my ($AF_PACKET, $SOCK_RAW, $ETHERTYPE_ARP) = (17, 3, 0x0806);
socket(my $socket, $AF_PACKET, $SOCK_RAW, 0) or die "socket: $!\n";
my $all = "\xff" x 6;
my $to = pack 'S n l S C C a8', $AF_PACKET, $ETHERTYPE_ARP, $index, 0, 0, 6, $all;
my $from = pack 'H2' x 6, split /:/, $mac;
for my $address (@addresses) {
  my $ip = pack 'C4', split /\./, $address;
  for my $operation (1, 2) {
    my $target = $operation == 1 ? "\0" x 6 : $all;
    my $arp = pack('n n C C n', 1, 0x0800, 6, 4, $operation) . $from . $ip . $target . $ip;
    my $frame = $all . $from . pack('n', $ETHERTYPE_ARP) . $arp . "\0" x 18;
    defined send($socket, $frame, 0, $to) or die "send: $!\n";
  }
}
`;

/** Tells the neighbours on an interface that these addresses are here now. */
export async function announceAddresses(
  addresses: readonly Ipv4[],
  interfaceName: string,
): Promise<void> {
  if (addresses.length === 0) return;
  const { index, mac } = await readLink(interfaceName);
  await run([tool('perl'), '-e', ANNOUNCE, String(index), mac, ...addresses]);
}

/** From netlink, not from `/sys`, which may show another network namespace. */
async function readLink(interfaceName: string): Promise<{ index: number; mac: string }> {
  const { stdout } = await run([tool('ip'), '-j', 'link', 'show', 'dev', interfaceName]);
  const [link] = JSON.parse(stdout) as [{ ifindex: number; address: string }];
  return { index: link.ifindex, mac: link.address };
}
