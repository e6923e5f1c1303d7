import type { FastifyInstance } from 'fastify';
import { SprueError } from '../../core/errors.ts';
import type { Guid } from '../../core/ids.ts';
import { parseLogRecord } from '../../proto/log-record.ts';
import { logSubject } from '../../proto/subjects.ts';
import {
  type LogCacheInfo,
  type LogCacheRead,
  type LogEnvelope,
  MAX_LOG_WAIT_MS,
} from '../../proto/v3/log-cache.ts';
import type { Services } from '../services.ts';

interface ReadQuery {
  readonly start_time?: string;
  readonly end_time?: string;
  readonly limit?: string;
  readonly descending?: string;
  readonly envelope_types?: string;
  readonly wait_ms?: string;
}

interface Range {
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly limit: number;
  readonly isDescending: boolean;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 2_000;
const INT64_MAX = 2n ** 63n - 1n;
/** The stream knows when it stored a line; the line says when its own host wrote it. */
const CLOCK_SKEW_MS = 5_000;
/** Lines that belong together come together. */
const GATHER_MS = 25;

/** The part of log-cache that `cf logs` uses. */
export function registerLogCache(server: FastifyInstance, services: Services): void {
  server.get(
    '/api/v1/info',
    { config: { isPublic: true } },
    () => ({ version: '3.0.0' }) satisfies LogCacheInfo,
  );
  server.get<{ Params: { guid: string }; Querystring: ReadQuery }>(
    '/api/v1/read/:guid',
    async request => {
      const app = services.store.get('app', request.params.guid);
      const { query } = request;
      const types = (query.envelope_types ?? 'LOG').split(',');
      if (!types.includes('LOG') && !types.includes('ANY')) return present([]);
      const range = rangeOf(query);
      const waitMs = Math.min(MAX_LOG_WAIT_MS, Number(integer('wait_ms', query.wait_ms, 0n)));
      return present(await readOrWait(services, app.guid, range, waitMs));
    },
  );
}

function present(batch: readonly LogEnvelope[]): LogCacheRead {
  return { envelopes: { batch } };
}

function rangeOf(query: ReadQuery): Range {
  const limit = Number(integer('limit', query.limit, BigInt(DEFAULT_LIMIT)));
  return {
    startNs: integer('start_time', query.start_time, 0n),
    endNs: integer('end_time', query.end_time, INT64_MAX),
    limit: Math.max(1, Math.min(MAX_LIMIT, limit)),
    isDescending: query.descending === 'true',
  };
}

function integer(name: string, text: string | undefined, fallback: bigint): bigint {
  if (text === undefined || text === '') return fallback;
  if (!/^-?\d{1,19}$/.test(text)) {
    throw new SprueError('QUERY_INVALID', { reason: `${name} must be a whole number` });
  }
  return BigInt(text);
}

async function readOrWait(
  services: Services,
  appGuid: Guid,
  range: Range,
  waitMs: number,
): Promise<LogEnvelope[]> {
  if (waitMs <= 0) return read(services, appGuid, range);
  // Listening begins before reading, so that no line falls in between.
  const listening = new AbortController();
  const arrived = nextLine(services, appGuid, waitMs, listening.signal);
  try {
    const found = await read(services, appGuid, range);
    if (found.length > 0) return found;
    if (!(await arrived)) return [];
    return await read(services, appGuid, range);
  } finally {
    listening.abort();
  }
}

/** Resolves soon after the app's next line, with `false` when the time was up before. */
function nextLine(
  { logs, stopping }: Services,
  appGuid: Guid,
  waitMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), waitMs);
  const giveUp = () => {
    clearTimeout(timer);
    stopping.removeEventListener('abort', giveUp);
    resolve(false);
  };
  signal.addEventListener('abort', giveUp, { once: true });
  stopping.addEventListener('abort', giveUp, { once: true });
  logs.follow(logSubject(appGuid), () => setTimeout(() => resolve(true), GATHER_MS), signal);
  return promise;
}

async function read(
  { logs }: Services,
  appGuid: Guid,
  { startNs, endNs, limit, isDescending }: Range,
): Promise<LogEnvelope[]> {
  const fromMs = Number(startNs / 1_000_000n) - CLOCK_SKEW_MS;
  // Forwards, the oldest of the range are wanted, so all of them have to be looked at.
  const records = await logs.read({
    subject: logSubject(appGuid),
    ...(fromMs > 0 && { fromMs }),
    limit: isDescending && endNs === INT64_MAX ? limit : MAX_LIMIT,
  });
  const envelopes = records.flatMap(record => envelopeOf(appGuid, record.text()));
  const selected = envelopes.filter(({ timestamp }) => {
    const atNs = BigInt(timestamp);
    return atNs >= startNs && atNs < endNs;
  });
  return isDescending ? selected.reverse().slice(0, limit) : selected.slice(0, limit);
}

function envelopeOf(appGuid: Guid, text: string): LogEnvelope[] {
  const record = parseLogRecord(text);
  if (record === undefined) return [];
  const { timestampNs, type, source, instance, text: line } = record;
  return [
    {
      timestamp: timestampNs,
      source_id: appGuid,
      instance_id: instance,
      tags: { source_type: source },
      log: { payload: Buffer.from(line).toString('base64'), type },
    },
  ];
}
