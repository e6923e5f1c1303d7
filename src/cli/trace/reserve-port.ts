import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { SocketAddress } from '../../proto/trace.ts';

/** The address that the kernel would send from. No packet leaves: a connected UDP socket knows it. */
export async function sourceAddress(target: SocketAddress): Promise<string> {
  const socket = createSocket('udp4');
  try {
    const connected = once(socket, 'connect');
    socket.connect(target.port, target.host);
    await connected;
    return socket.address().address;
  } finally {
    socket.close();
  }
}

/** A free port of a local address, so that the connection is known before it is opened. */
export async function reservePort(address: string): Promise<number> {
  const server = createServer();
  const listening = once(server, 'listening');
  server.listen({ host: address, port: 0, exclusive: true });
  await listening;
  const bound = server.address();
  const closed = once(server, 'close');
  server.close();
  await closed;
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}

/** `eth0` for an address of this machine. */
export function interfaceOf(address: string): string | undefined {
  return Object.entries(networkInterfaces()).find(([, entries]) =>
    entries?.some(entry => entry.address === address),
  )?.[0];
}
