// A small WebSocket server: RFC 6455 without extensions.
import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'; // §1.3
const OPCODE = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa };
const CLOSE = { normal: 1000, goingAway: 1001, protocolError: 1002, unsupported: 1003, invalidText: 1007, tooBig: 1009 };
const MAX_MESSAGE_BYTES = 64 * 1024;

/** Answers an upgrade request. @returns {WebSocket | undefined} undefined when it was refused */
export function acceptWebSocket(request, socket, head) {
  const key = request.headers['sec-websocket-key'];
  const version = request.headers['sec-websocket-version'];
  if (request.headers.upgrade?.toLowerCase() !== 'websocket' || !key || version !== '13') {
    socket.end('HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    return undefined;
  }
  const accept = createHash('sha1').update(key + GUID).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  return new WebSocket(socket, head);
}

/** One connection. Emits `message` (text) and `close`. */
class WebSocket extends EventEmitter {
  #socket;
  #received;
  /** Payloads of a fragmented message, so far. */
  #fragments = [];
  #closing = false;

  constructor(socket, head) {
    super();
    this.#socket = socket;
    this.#received = head;
    socket.setNoDelay(true);
    socket.on('data', chunk => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#readFrames();
    });
    socket.on('end', () => socket.end()); // gone without a goodbye
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => this.emit('close'));
    queueMicrotask(() => this.#readFrames()); // `head` may hold frames already
  }

  send(text) {
    if (!this.#closing) this.#socket.write(encodeFrame(OPCODE.text, Buffer.from(text)));
  }

  ping() {
    if (!this.#closing) this.#socket.write(encodeFrame(OPCODE.ping, Buffer.alloc(0)));
  }

  close(code = CLOSE.normal) {
    if (this.#closing) return;
    this.#closing = true;
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    this.#socket.end(encodeFrame(OPCODE.close, payload));
  }

  #readFrames() {
    while (!this.#closing) {
      const frame = decodeFrame(this.#received);
      if (frame === undefined) return;
      if (frame.error !== undefined) return this.close(frame.error);
      this.#received = this.#received.subarray(frame.length);
      this.#handle(frame);
    }
  }

  #handle({ opcode, final, payload }) {
    switch (opcode) {
      case OPCODE.ping:
        this.#socket.write(encodeFrame(OPCODE.pong, payload));
        return;
      case OPCODE.pong:
        return;
      case OPCODE.close:
        return this.close();
      case OPCODE.binary:
        return this.close(CLOSE.unsupported);
      case OPCODE.text:
      case OPCODE.continuation:
        return this.#collect(opcode, final, payload);
      default:
        return this.close(CLOSE.protocolError);
    }
  }

  #collect(opcode, final, payload) {
    if ((opcode === OPCODE.continuation) !== this.#fragments.length > 0) return this.close(CLOSE.protocolError);
    this.#fragments.push(payload);
    const message = Buffer.concat(this.#fragments);
    if (message.length > MAX_MESSAGE_BYTES) return this.close(CLOSE.tooBig);
    if (!final) return;
    this.#fragments = [];
    try {
      this.emit('message', new TextDecoder('utf-8', { fatal: true }).decode(message));
    } catch {
      this.close(CLOSE.invalidText);
    }
  }
}

/** A frame from a server: final and unmasked (§5.1, §5.2). */
function encodeFrame(opcode, payload) {
  const long = payload.length > 125;
  const head = Buffer.alloc(long ? 10 : 2);
  head[0] = 0x80 | opcode;
  head[1] = long ? 127 : payload.length;
  if (long) head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}

/** The first frame of what a client sent: undefined when it is not complete yet. */
function decodeFrame(bytes) {
  if (bytes.length < 2) return undefined;
  const final = (bytes[0] & 0x80) !== 0;
  const reserved = bytes[0] & 0x70;
  const opcode = bytes[0] & 0x0f;
  const short = bytes[1] & 0x7f;
  const masked = (bytes[1] & 0x80) !== 0; // a client must (§5.1)
  const isControl = opcode >= OPCODE.close; // never fragmented, at most 125 bytes (§5.5)
  if (!masked || reserved || (isControl && (short > 125 || !final))) return { error: CLOSE.protocolError };
  const maskAt = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
  if (bytes.length < maskAt) return undefined;
  const size =
    short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  if (size > MAX_MESSAGE_BYTES) return { error: CLOSE.tooBig };
  const start = maskAt + 4;
  if (bytes.length < start + size) return undefined;
  const payload = Buffer.from(bytes.subarray(start, start + size));
  for (let i = 0; i < size; i += 1) payload[i] ^= bytes[maskAt + (i & 3)];
  return { opcode, final, payload, length: start + size };
}
