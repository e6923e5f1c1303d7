import { randomUUID } from 'node:crypto';
import type { Brand } from './brand.ts';
import { SprueError } from './errors.ts';

/** Lower-case RFC 9562 UUID that names a resource: app, space, route, build, … */
export type Guid = Brand<string, 'Guid'>;
/** Guid of one run of an instance. A crashed instance that is started again gets a new one. */
export type InstanceId = Brand<string, 'InstanceId'>;

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function newGuid(): Guid {
  return randomUUID() as string as Guid;
}

export function newInstanceId(): InstanceId {
  return randomUUID() as string as InstanceId;
}

export function isGuid(text: string): text is Guid {
  return GUID.test(text);
}

/** @throws SprueError `INVALID_GUID` */
export function parseGuid(text: string): Guid {
  if (!isGuid(text)) throw new SprueError('INVALID_GUID', { received: text });
  return text;
}

/** @throws SprueError `INVALID_GUID` */
export function parseInstanceId(text: string): InstanceId {
  return parseGuid(text) as string as InstanceId;
}
