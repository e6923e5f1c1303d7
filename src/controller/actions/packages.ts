import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { hasCode, SprueError } from '../../core/errors.ts';
import { newGuid } from '../../core/ids.ts';
import { formatBytes } from '../../core/size.ts';
import { type AppRecord, newFrame, type PackageRecord } from '../domain/records.ts';
import type { Actor, Services } from '../services.ts';
import { checkArchive } from './check-archive.ts';
import { diskFull } from './disk-full.ts';

export async function createPackage(
  services: Services,
  actor: Actor,
  app: AppRecord,
): Promise<PackageRecord> {
  const { store, clock, audit } = services;
  const created = await store.create<PackageRecord>({
    kind: 'package',
    ...newFrame(newGuid(), clock.now()),
    appGuid: app.guid,
    state: 'AWAITING_UPLOAD',
  });
  audit.about(app, 'audit.app.package.create', actor, { package_guid: created.guid });
  return created;
}

/** @throws SprueError `PACKAGE_NOT_UPLOADABLE` */
export function checkUploadable({ state }: PackageRecord): void {
  if (state !== 'AWAITING_UPLOAD') throw new SprueError('PACKAGE_NOT_UPLOADABLE', { state });
}

/** An upload that arrived whole, in a temporary file of its own. */
export interface ReceivedUpload {
  readonly path: string;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/**
 * Writes an upload to a temporary file. When it is cut, too large or the disk is full, nothing is
 * left of it, and the package still awaits its upload.
 * @throws SprueError `UPLOAD_CUT`, `UPLOAD_TOO_LARGE`, `DISK_FULL`
 */
export async function receiveUpload(
  { config }: Pick<Services, 'config'>,
  content: Readable,
): Promise<ReceivedUpload> {
  const path = join(config.uploadDir, `${newGuid()}.zip`);
  const meter = new Meter(config.maxUploadBytes);
  try {
    await pipeline(content, meter, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
    return { path, ...meter.result() };
  } catch (thrown) {
    await rm(path, { force: true });
    throw diskFull(thrown, config.uploadDir) ?? asUploadError(thrown);
  }
}

function asUploadError(thrown: unknown): SprueError {
  if (hasCode(thrown, 'UPLOAD_TOO_LARGE')) return thrown;
  return new SprueError('UPLOAD_CUT', {}, { cause: thrown });
}

/** Counts and hashes what flows through. */
class Meter extends Transform {
  readonly #hash = createHash('sha256');
  readonly #maxBytes: number;
  #sizeBytes = 0;

  constructor(maxBytes: number) {
    super();
    this.#maxBytes = maxBytes;
  }

  override _transform(
    chunk: Buffer,
    _encoding: string,
    done: (error?: Error | null, data?: Buffer) => void,
  ): void {
    this.#sizeBytes += chunk.length;
    if (this.#sizeBytes > this.#maxBytes) {
      return done(new SprueError('UPLOAD_TOO_LARGE', { limit: formatBytes(this.#maxBytes) }));
    }
    this.#hash.update(chunk);
    done(null, chunk);
  }

  result(): { readonly sha256: string; readonly sizeBytes: number } {
    return { sha256: this.#hash.digest('hex'), sizeBytes: this.#sizeBytes };
  }
}

/**
 * Checks a received archive and stores it. The temporary file is gone afterwards, whatever happens.
 * @throws SprueError `PACKAGE_INVALID` (the package is FAILED), `DISK_FULL` (it awaits its upload)
 */
export async function storePackage(
  services: Services,
  actor: Actor,
  record: PackageRecord,
  upload: ReceivedUpload,
): Promise<PackageRecord> {
  const { store, packages, audit, config } = services;
  try {
    await checkArchive(upload.path);
    await packages.put(record.guid, createReadStream(upload.path));
  } catch (thrown) {
    if (hasCode(thrown, 'PACKAGE_INVALID')) await markFailed(services, record, thrown.message);
    throw diskFull(thrown, config.uploadDir) ?? thrown;
  } finally {
    await rm(upload.path, { force: true });
  }
  const ready = await store.modify('package', record.guid, before => ({
    ...before,
    state: 'READY',
    sha256: upload.sha256,
  }));
  const app = store.get('app', record.appGuid);
  audit.about(app, 'audit.app.package.upload', actor, { package_guid: record.guid });
  return ready;
}

async function markFailed(
  { store }: Services,
  record: PackageRecord,
  error: string,
): Promise<void> {
  await store.modify('package', record.guid, before => ({ ...before, state: 'FAILED', error }));
}

/** At start: uploads that a crash cut short, and blobs whose record is gone. */
export async function sweepUploads(services: Services): Promise<void> {
  const { config, store, packages, droplets, log } = services;
  await mkdir(config.uploadDir, { recursive: true, mode: 0o700 });
  for (const file of await readdir(config.uploadDir)) {
    if (file.endsWith('.zip')) await rm(join(config.uploadDir, file), { force: true });
  }
  for (const { name } of await packages.list()) {
    if (store.find('package', name)?.state === 'READY') continue;
    log.info({ package: name }, 'removing a package without record');
    await packages.delete(name);
  }
  const staging = new Set<string>(
    store.all('build').flatMap(build => (build.state === 'STAGING' ? [build.dropletGuid] : [])),
  );
  for (const { name } of await droplets.list()) {
    if (store.find('droplet', name) !== undefined || staging.has(name)) continue;
    log.info({ droplet: name }, 'removing a droplet without record');
    await droplets.delete(name);
  }
}
