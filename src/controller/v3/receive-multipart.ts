import { rm } from 'node:fs/promises';
import { finished } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { hasCode, SprueError } from '../../core/errors.ts';
import { PACKAGE_UPLOAD_FIELD } from '../../proto/v3/package.ts';
import { type ReceivedUpload, receiveUpload } from '../actions/packages.ts';
import type { Services } from '../services.ts';

/** An upload that sends nothing for so long is given up. */
const IDLE_MS = 120_000;
/** How long the rest of a refused upload is read. */
const DISCARD_MS = 20_000;

/**
 * Streams the one file of a multipart body to disk (RFC 7578).
 * @throws SprueError `UPLOAD_CUT`, `UPLOAD_TOO_LARGE`, `DISK_FULL`, `BODY_INVALID`
 */
export async function receiveMultipart(
  services: Services,
  request: FastifyRequest,
): Promise<ReceivedUpload> {
  if (!request.isMultipart()) throw missing();
  request.raw.setTimeout(IDLE_MS, () => request.raw.destroy());
  let upload: ReceivedUpload | undefined;
  try {
    for await (const part of request.parts()) {
      if (part.type !== 'file') continue;
      if (part.fieldname !== PACKAGE_UPLOAD_FIELD || upload !== undefined) part.file.resume();
      else upload = await receiveUpload(services, part.file);
    }
  } catch (thrown) {
    if (upload !== undefined) await rm(upload.path, { force: true });
    discardRest(request);
    if (thrown instanceof SprueError && !hasCode(thrown, 'INTERNAL')) throw thrown;
    throw new SprueError('UPLOAD_CUT', {}, { cause: thrown });
  }
  if (upload === undefined) throw missing();
  return upload;
}

/**
 * A client that still sends reads no answer, so the rest of the body is read and thrown away; but not
 * from one that takes its time.
 */
function discardRest({ raw }: FastifyRequest): void {
  if (raw.complete || raw.destroyed) return;
  const timer = setTimeout(() => raw.destroy(), DISCARD_MS);
  finished(raw, () => clearTimeout(timer));
  raw.unpipe();
  raw.resume();
}

function missing(): SprueError {
  const reason = `Upload must include a zip file in the multipart field “${PACKAGE_UPLOAD_FIELD}”`;
  return new SprueError('BODY_INVALID', { reason });
}
