import { connect } from 'node:net';
import type { SocketAddress } from '../../proto/trace.ts';

/** Sends a DNS message over TCP (RFC 7766: two bytes of length in front) and reads one back, without the length. */
export function exchangeTcp(
  { host, port }: SocketAddress,
  /** With its length in front. */
  query: Buffer,
  timeoutMs: number,
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const socket = connect({ host, port, timeout: timeoutMs });
  let received = Buffer.alloc(0);
  socket.once('timeout', () =>
    reject(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })),
  );
  socket.once('error', reject);
  socket.once('close', () => reject(new Error('the server closed the connection')));
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    const isWhole = received.length >= 2 && received.length >= 2 + received.readUInt16BE(0);
    if (isWhole) resolve(received.subarray(2));
  });
  socket.write(query);
  return promise.finally(() => socket.destroy());
}
