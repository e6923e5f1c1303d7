import { type FileHandle, open, stat } from 'node:fs/promises';

/** Where reading a log file stopped. The inode tells one file under the path from its successor. */
export interface LogPosition {
  readonly inode: number;
  readonly offset: number;
}

export interface LogChunk {
  readonly bytes: Buffer;
  /** Offset of the first byte. */
  readonly offset: number;
}

/**
 * A log file that grows and may be replaced by a new one under the same path (conmon does so when it is
 * full). The open file stays readable after it was replaced or deleted, so nothing of it is lost.
 */
export class LogFile {
  readonly #path: string;
  #file: FileHandle | undefined;
  #inode = 0;
  #offset = 0;

  constructor(path: string, position?: LogPosition) {
    this.#path = path;
    if (position !== undefined) ({ inode: this.#inode, offset: this.#offset } = position);
  }

  get inode(): number {
    return this.#inode;
  }

  /** Offset of the next byte to be read. */
  get offset(): number {
    return this.#offset;
  }

  /** How many bytes wait in the file that is open. */
  async backlogBytes(): Promise<number> {
    if (!(await this.#ensureOpen())) return 0;
    return Math.max(0, ((await this.#file?.stat())?.size ?? 0) - this.#offset);
  }

  /** Leaves bytes out. */
  skip(bytes: number): void {
    this.#offset += bytes;
  }

  /** The next whole lines, up to about `maxBytes`; `undefined` at the end. */
  async read(maxBytes: number): Promise<LogChunk | undefined> {
    if (!(await this.#ensureOpen()) || this.#file === undefined) return undefined;
    const length = Math.min(maxBytes, await this.backlogBytes());
    const buffer = Buffer.allocUnsafe(length);
    const { bytesRead } = await this.#file.read(buffer, 0, length, this.#offset);
    const offset = this.#offset;
    const end = buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
    const cutOff = end === 0 && bytesRead === maxBytes; // a line longer than any that conmon writes
    const taken = cutOff ? bytesRead : end;
    if (taken > 0) {
      this.#offset += taken;
      return { bytes: buffer.subarray(0, taken), offset };
    }
    return (await this.#moveToSuccessor()) ? await this.read(maxBytes) : undefined;
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #ensureOpen(): Promise<boolean> {
    if (this.#file !== undefined) return true;
    const file = await open(this.#path, 'r').catch(ignoreAbsent);
    if (file === undefined) return false;
    const { ino, size } = await file.stat();
    if (ino !== this.#inode || this.#offset > size) this.#offset = 0;
    this.#inode = ino;
    this.#file = file;
    return true;
  }

  /** At the end of the open file: is there another one under its path by now? */
  async #moveToSuccessor(): Promise<boolean> {
    const found = await stat(this.#path).catch(ignoreAbsent);
    if (found === undefined || found.ino === this.#inode) return false;
    await this.close();
    return await this.#ensureOpen();
  }
}

function ignoreAbsent(thrown: NodeJS.ErrnoException): undefined {
  if (thrown.code !== 'ENOENT') throw thrown;
}
