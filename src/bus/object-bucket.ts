import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { jetstream } from '@nats-io/jetstream';
import { type ObjectInfo, type ObjectStore, Objm, setSha256Backend } from '@nats-io/obj';
import { SprueError } from '../core/errors.ts';
import type { Bus } from './bus.ts';

export interface StoredObject {
  readonly name: string;
  readonly sizeBytes: number;
  /** `SHA-256=` and the digest in base64url, as JetStream computes it. */
  readonly digest: string;
}

/** Chunks of 128 KiB that are on their way while one is consumed. */
const READ_AHEAD_CHUNKS = 8;

setSha256Backend('native'); // the library's default is written in JavaScript

/** One bucket of the JetStream object store: big blobs, streamed both ways. */
export class ObjectBucket {
  readonly name: string;
  readonly #bus: Bus;
  readonly #store: ObjectStore;

  private constructor(bus: Bus, name: string, store: ObjectStore) {
    this.#bus = bus;
    this.name = name;
    this.#store = store;
  }

  /** Opens the bucket and creates it when it is missing. */
  static async open(bus: Bus, name: string): Promise<ObjectBucket> {
    return new ObjectBucket(bus, name, await new Objm(bus.connection).create(name));
  }

  /** Stores a stream; the object appears only when all of it has arrived. */
  async put(name: string, content: Readable): Promise<StoredObject> {
    const info = await this.#store.put(
      { name, options: { max_chunk_size: 128 * 1024 } },
      Readable.toWeb(content) as unknown as ReadableStream<Uint8Array>,
      { timeout: 120_000 },
    );
    return { name, sizeBytes: info.size, digest: info.digest };
  }

  /**
   * Reads no faster than the stream is consumed. The stream fails when the content does not match
   * its digest.
   * @throws SprueError `OBJECT_MISSING`
   */
  async get(name: string): Promise<Readable> {
    const info = await this.#store.info(name);
    if (info === null || info.deleted) {
      throw new SprueError('OBJECT_MISSING', { name, bucket: this.name });
    }
    return Readable.from(this.#chunks(info), { objectMode: false });
  }

  async *#chunks(info: ObjectInfo): AsyncGenerator<Uint8Array> {
    if (info.size === 0) return;
    const consumer = await jetstream(this.#bus.connection).consumers.get(`OBJ_${this.name}`, {
      filter_subjects: `$O.${this.name}.C.${info.nuid}`,
    });
    const hash = createHash('sha256');
    try {
      const messages = await consumer.consume({ max_messages: READ_AHEAD_CHUNKS });
      for await (const message of messages) {
        hash.update(message.data);
        yield message.data;
        if (message.info.pending === 0) break;
      }
    } finally {
      await consumer.delete().catch(() => {}); // else the server keeps it for five minutes
    }
    const digest = `SHA-256=${hash.digest('base64url')}`;
    if (digest !== info.digest.replace(/=+$/, '')) {
      throw new SprueError('OBJECT_CORRUPT', { name: info.name, bucket: this.name });
    }
  }

  async info(name: string): Promise<StoredObject | undefined> {
    const info = await this.#store.info(name);
    if (info === null || info.deleted) return undefined;
    return { name, sizeBytes: info.size, digest: info.digest };
  }

  /** Absent is success. */
  async delete(name: string): Promise<void> {
    if ((await this.info(name)) !== undefined) await this.#store.delete(name);
  }

  async list(): Promise<StoredObject[]> {
    const all = await this.#store.list();
    return all
      .filter(info => !info.deleted)
      .map(({ name, size, digest }) => ({ name, sizeBytes: size, digest }));
  }
}
