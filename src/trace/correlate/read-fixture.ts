import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { observationSchema } from '../../proto/trace.ts';
import type { TraceSnapshot } from '../../proto/v3/trace.ts';

/** A recorded snapshot; its observations are checked against the contract. For tests. */
export function readFixture(name: string): TraceSnapshot {
  const path = join(import.meta.dirname, 'fixtures', `${name}.json`);
  const snapshot = JSON.parse(readFileSync(path, 'utf8')) as TraceSnapshot;
  return {
    ...snapshot,
    observations: snapshot.observations.map(item => observationSchema.parse(item)),
  };
}
