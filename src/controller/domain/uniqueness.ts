import { createHash } from 'node:crypto';
import type { ErrorCode } from '../../core/error-table.ts';
import { type ErrorDetails, SprueError } from '../../core/errors.ts';
import type { AnyRecord } from './records.ts';

/** Something that only one record may have. */
export interface Claim {
  /** What is claimed, in full, e.g. `app:<space>:shop`. */
  readonly text: string;
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
}

/** What a record claims for itself alone. Names compare without regard to case, as in Cloud Foundry. */
export function claimsOf(record: AnyRecord): readonly Claim[] {
  switch (record.kind) {
    case 'organization':
      return [claim(`organization:${record.name}`, 'ORGANIZATION_EXISTS', { name: record.name })];
    case 'space':
      return [
        claim(`space:${record.organizationGuid}:${record.name}`, 'SPACE_EXISTS', {
          name: record.name,
        }),
      ];
    case 'domain':
      return [claim(`domain:${record.name}`, 'DOMAIN_EXISTS', { name: record.name })];
    case 'app':
      return [claim(`app:${record.spaceGuid}:${record.name}`, 'APP_EXISTS', { name: record.name })];
    case 'route':
      return [claim(`route:${record.url}`, 'ROUTE_EXISTS', { url: record.url, space: 'another' })];
    case 'process':
      return [
        claim(`process:${record.appGuid}:${record.type}`, 'PROCESS_EXISTS', { type: record.type }),
      ];
    case 'package':
    case 'build':
    case 'droplet':
    case 'deployment':
      return [];
    default:
      return record satisfies never;
  }
}

function claim(text: string, code: ErrorCode, details: ErrorDetails): Claim {
  return { text: text.toLowerCase(), code, details };
}

/** Key of a claim in the bucket: fixed length, and free of characters that NATS does not allow. */
export function claimKey(text: string): string {
  return `unique.${createHash('sha256').update(text).digest('hex').slice(0, 40)}`;
}

export function claimTaken(taken: Claim): SprueError {
  return new SprueError(taken.code, taken.details);
}
