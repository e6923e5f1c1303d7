import { Socket } from 'node:net';

type Slots = Record<symbol, unknown>;

/** What `net.Socket` does with its documented option `onread`, which `net.Server` cannot be given. */
interface ReadHandle {
  useUserBuffer(buffer: Buffer): void;
}

const sample = new Socket({ onread: { buffer: Buffer.alloc(1), callback: () => true } });
const bufferSlot = slot('kBuffer');
const callbackSlot = slot('kBufferCb');
sample.destroy();

/**
 * Makes an accepted socket read into memory that is used again for the next read, instead of 64 KiB
 * of new memory each time: 5–8 % of a request's CPU (docs/adr/0003-hot-path.md). Call before
 * anything was read. Rests on names inside Node, so it looks whether they are there.
 * @returns false when this Node works differently: then listen for `data`, which is only slower
 */
export function readInto(
  socket: Socket,
  buffer: Buffer,
  callback: (size: number) => boolean,
): boolean {
  const slots = socket as unknown as Slots;
  const handle: unknown = Reflect.get(socket, '_handle');
  if (bufferSlot === undefined || callbackSlot === undefined || !isReadHandle(handle)) return false;
  if (slots[bufferSlot] !== null || slots[callbackSlot] !== null) return false;
  slots[bufferSlot] = buffer;
  slots[callbackSlot] = callback;
  handle.useUserBuffer(buffer);
  return true;
}

function slot(name: string): symbol | undefined {
  return Object.getOwnPropertySymbols(sample).find(symbol => symbol.description === name);
}

function isReadHandle(handle: unknown): handle is ReadHandle {
  return (
    typeof handle === 'object' &&
    handle !== null &&
    'useUserBuffer' in handle &&
    typeof handle.useUserBuffer === 'function'
  );
}
