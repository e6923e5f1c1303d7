import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { StreamBody } from '../api/http-client.ts';

export interface UploadForm {
  readonly contentType: string;
  readonly body: StreamBody;
}

const CHUNK_BYTES = 256 * 2 ** 10;

/** The form of a package upload (RFC 7578): no matched resources, and the zip as `bits`. */
export function uploadForm(
  zip: { readonly file: string; readonly sizeBytes: number },
  onProgress: (sentBytes: number) => void,
): UploadForm {
  const boundary = `sprue-${randomUUID()}`;
  const head = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="resources"\r\n\r\n[]\r\n` +
      `--${boundary}\r\nContent-Disposition: form-data; name="bits"; filename="package.zip"\r\n` +
      'Content-Type: application/octet-stream\r\n\r\n',
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  async function* parts(): AsyncGenerator<Buffer> {
    yield head;
    let sentBytes = 0;
    // `end`: a file that grows meanwhile must not break the announced length.
    const end = zip.sizeBytes - 1;
    for await (const chunk of createReadStream(zip.file, { highWaterMark: CHUNK_BYTES, end })) {
      yield chunk;
      sentBytes += chunk.length;
      onProgress(sentBytes);
    }
    yield tail;
  }
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: {
      lengthBytes: head.length + zip.sizeBytes + tail.length,
      open: () => Readable.from(parts(), { objectMode: false }),
    },
  };
}
