import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

/** One entry; `mode` with the file type bits. */
export interface ZipEntrySpec {
  readonly name: string;
  readonly content?: string;
  readonly mode?: number;
}

export async function zipOf(entries: readonly ZipEntrySpec[]): Promise<Buffer> {
  const zip = new ZipFile();
  for (const { name, content = '', mode = 0o100644 } of entries) {
    zip.addBuffer(Buffer.from(content), name, { mode });
  }
  zip.end();
  return buffer(zip.outputStream);
}

/** A well-behaved app. */
export function appZip(): Promise<Buffer> {
  return zipOf([
    { name: 'package.json', content: '{}' },
    { name: 'bin/app', content: '#!/bin/sh', mode: 0o100755 },
    { name: 'current', content: 'bin/app', mode: 0o120777 },
  ]);
}

/** A zip whose first entry is renamed by force: the library would refuse the name. */
export async function zipWithName(name: string): Promise<Buffer> {
  const stand = 'x'.repeat(name.length);
  const zip = await zipOf([{ name: stand, content: 'evil' }]);
  const text = zip.toString('latin1').replaceAll(stand, name);
  return Buffer.from(text, 'latin1');
}
