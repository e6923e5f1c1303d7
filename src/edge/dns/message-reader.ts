const LENGTH_BYTES = 2;
const EMPTY = Buffer.alloc(0);

/** Takes a byte stream apart into messages, each after its length (RFC 1035 §4.2.2). */
export class MessageReader {
  /** At most one message of 64 KiB and one read of the socket. */
  #rest: Buffer = EMPTY;

  push(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
  }

  /** The next complete message, or `undefined` until more bytes are there. */
  next(): Buffer | undefined {
    if (this.#rest.length < LENGTH_BYTES) return undefined;
    const end = LENGTH_BYTES + this.#rest.readUInt16BE(0);
    if (this.#rest.length < end) return undefined;
    const message = this.#rest.subarray(LENGTH_BYTES, end);
    this.#rest = this.#rest.subarray(end);
    return message;
  }
}

/** A message as it goes over a stream. */
export function withLength(message: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(LENGTH_BYTES + message.length);
  framed.writeUInt16BE(message.length, 0);
  message.copy(framed, LENGTH_BYTES);
  return framed;
}
