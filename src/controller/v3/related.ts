import { SprueError } from '../../core/errors.ts';
import { KIND_NAMES, type Kind, type Records } from '../domain/records.ts';
import type { ResourceStore } from '../store/resource-store.ts';

/**
 * A resource that a request body refers to. Unlike one in the URL, its absence is a mistake in the
 * body. @throws SprueError `BODY_INVALID`
 */
export function related<K extends Kind>(store: ResourceStore, kind: K, guid: string): Records[K] {
  const record = store.find(kind, guid);
  if (record !== undefined) return record;
  const reason = `Invalid ${KIND_NAMES[kind].toLowerCase()}. Ensure that it exists and that you have access to it.`;
  throw new SprueError('BODY_INVALID', { reason });
}
