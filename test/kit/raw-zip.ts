import { crc32, deflateRawSync } from 'node:zlib';

/** One entry exactly as it is to be written: nothing is checked, so that tests can lie. */
export interface RawZipEntry {
  readonly name: string;
  readonly content?: string | Buffer;
  /** Type and permission bits, e.g. 0o120777 for a symbolic link. Default 0o100644. */
  readonly mode?: number;
  /** Upper byte of “version made by”: 3 is Unix, 0 MS-DOS. Default 3. */
  readonly maker?: number;
  /** What the headers claim as uncompressed size. Default: the truth. */
  readonly claimedBytes?: number;
  readonly claimedChecksum?: number;
  readonly deflate?: boolean;
}

/** A zip archive (APPNOTE.TXT §4.3) of the given entries. */
export function rawZip(entries: readonly RawZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const plain = Buffer.from(entry.content ?? '');
    const data = entry.deflate === true ? deflateRawSync(plain) : plain;
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0); // version needed to extract
    common.writeUInt16LE(0x800, 2); // names are UTF-8
    common.writeUInt16LE(entry.deflate === true ? 8 : 0, 4);
    common.writeUInt32LE(entry.claimedChecksum ?? crc32(plain), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(entry.claimedBytes ?? plain.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, name, data]);
    const attributes = Buffer.alloc(14);
    attributes.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 6);
    attributes.writeUInt32LE(offset, 10);
    const maker = Buffer.from([20, entry.maker ?? 3]);
    centrals.push(Buffer.concat([Buffer.from('PK\x01\x02'), maker, common, attributes, name]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from('PK\x05\x06'), end]);
}
