import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { type ObjectStore, Objm } from '@nats-io/obj';
import { SprueError } from '../core/errors.ts';
import type { Bus } from './bus.ts';

export interface StoredObject {
  readonly name: string;
  readonly sizeBytes: number;
  /** `SHA-256=` and the digest in base64url, as JetStream computes it. */
  readonly digest: string;
}

/** One bucket of the JetStream object store: big blobs, streamed both ways. */
export class ObjectBucket {
  readonly name: string;
  readonly #store: ObjectStore;

  private constructor(name: string, store: ObjectStore) {
    this.name = name;
    this.#store = store;
  }

  /** Opens the bucket and creates it when it is missing. */
  static async open(bus: Bus, name: string): Promise<ObjectBucket> {
    return new ObjectBucket(name, await new Objm(bus.connection).create(name));
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

  /** @throws SprueError `OBJECT_MISSING`; the stream fails when the content does not match its digest. */
  async get(name: string): Promise<Readable> {
    const found = await this.#store.get(name);
    if (found === null) throw new SprueError('OBJECT_MISSING', { name, bucket: this.name });
    const stream = Readable.fromWeb(found.data as unknown as NodeReadableStream<Uint8Array>);
    void found.error.then(error => error && stream.destroy(error));
    return stream;
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
