import { Transform } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { crc32, inflateRawSync } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';

/** APPNOTE.TXT §4.4.5 */
const DEFLATED = 8;

/**
 * The content of a small entry. Inflated at once: a stream for each of ten thousand files costs more
 * than all the rest of unpacking them.
 * @throws Error when the content is not what the archive says about it.
 */
export async function readWhole(zip: ZipFile, entry: Entry): Promise<Buffer> {
  const packed = await buffer(await zip.openReadStreamPromise(entry, { decodeFileData: false }));
  const content = entry.compressionMethod === DEFLATED ? inflate(packed, entry) : packed;
  if (content.length !== entry.uncompressedSize) throw new Error('a file has the wrong size');
  if (crc32(content) !== entry.crc32) throw new Error('a file has the wrong checksum');
  return content;
}

function inflate(packed: Buffer, { uncompressedSize }: Entry): Buffer {
  return inflateRawSync(packed, { maxOutputLength: Math.max(1, uncompressedSize) });
}

/** Passes a big entry's content on and fails at its end when the checksum is wrong. */
export function checksum(entry: Entry): Transform {
  let sum = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sum = crc32(chunk, sum);
      done(null, chunk);
    },
    flush(done) {
      done(sum === entry.crc32 ? null : new Error('a file has the wrong checksum'));
    },
  });
}
