import type { Socket } from 'node:net';
import { MessageReader, withLength } from './message-reader.ts';
import type { Responder } from './responder.ts';

/**
 * Answers the queries of one connection in their order, as many as come, also without waiting for
 * replies (RFC 7766 §6.2.1). The connection is closed when it has brought no complete query, or not
 * read the replies, for `idleTimeoutMs` (§6.2.3): single bytes do not keep it open.
 */
export function serveTcpConnection(
  socket: Socket,
  responder: Responder,
  idleTimeoutMs: number,
): void {
  const reader = new MessageReader();
  let peerEnded = false;
  const timer = setTimeout(() => {
    responder.counters.tcpTimedOut += 1;
    socket.destroy();
  }, idleTimeoutMs);

  /** Stops when the peer does not read, so that what waits for it stays bounded. */
  const answerWhatIsThere = () => {
    while (!socket.writableNeedDrain) {
      const message = reader.next();
      if (message === undefined) {
        if (peerEnded) socket.end();
        else socket.resume();
        return;
      }
      const reply = responder.replyToMessage(message);
      if (reply === undefined) return void socket.destroy(); // it does not speak DNS
      timer.refresh();
      socket.write(withLength(reply));
    }
    socket.pause();
  };

  socket.setNoDelay(true);
  socket.on('data', (bytes: Buffer) => {
    reader.push(bytes);
    answerWhatIsThere();
  });
  socket.on('drain', answerWhatIsThere);
  socket.on('end', () => {
    peerEnded = true;
    answerWhatIsThere();
  });
  socket.on('error', () => {}); // the peer is gone; 'close' follows
  socket.on('close', () => clearTimeout(timer));
}
