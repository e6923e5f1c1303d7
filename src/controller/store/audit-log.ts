import type { Bus } from '../../bus/bus.ts';
import { EventStream } from '../../bus/event-stream.ts';
import { type Clock, rfc3339 } from '../../core/clock.ts';
import { reasonOf } from '../../core/errors.ts';
import { newGuid } from '../../core/ids.ts';
import type { Log } from '../../core/log.ts';
import { AUDIT_STREAM, auditSubject } from '../../proto/subjects.ts';
import {
  type AuditEvent,
  type AuditEventType,
  auditEventSchema,
} from '../../proto/v3/audit-event.ts';
import type { AnyRecord } from '../domain/records.ts';
import type { Actor } from '../services.ts';

export interface AuditEntry {
  readonly type: AuditEventType;
  readonly actor: Actor;
  readonly target: { readonly guid: string; readonly type: string; readonly name: string };
  readonly spaceGuid?: string | undefined;
  readonly organizationGuid?: string | undefined;
  readonly data?: Readonly<Record<string, unknown>>;
}

export interface AuditFilter {
  /** Newest first; at most so many for each target. */
  readonly limit: number;
  readonly targetGuids?: readonly string[];
}

/** Who did what, when: a bounded stream. Losing an event never fails the action it tells of. */
export class AuditLog {
  readonly #stream: EventStream;
  readonly #clock: Clock;
  readonly #log: Log;

  private constructor(stream: EventStream, clock: Clock, log: Log) {
    this.#stream = stream;
    this.#clock = clock;
    this.#log = log;
  }

  static async open(bus: Bus, clock: Clock, log: Log): Promise<AuditLog> {
    return new AuditLog(await EventStream.open(bus, AUDIT_STREAM), clock, log);
  }

  record(entry: AuditEntry): void {
    const at = rfc3339(this.#clock.now());
    const event: AuditEvent = {
      guid: newGuid(),
      created_at: at,
      updated_at: at,
      type: entry.type,
      actor: { guid: entry.actor.guid, type: entry.actor.type, name: entry.actor.name },
      target: { ...entry.target },
      data: { ...entry.data },
      space: entry.spaceGuid === undefined ? null : { guid: entry.spaceGuid },
      organization: entry.organizationGuid === undefined ? null : { guid: entry.organizationGuid },
    };
    this.#stream.append(auditSubject(entry.target.guid), JSON.stringify(event));
  }

  /** Records an event about an app, a route, a space or an organization. */
  about(
    target: Extract<AnyRecord, { kind: 'app' | 'route' | 'space' | 'organization' }>,
    type: AuditEventType,
    actor: Actor,
    data?: Readonly<Record<string, unknown>>,
  ): void {
    const name = target.kind === 'route' ? target.url : target.name;
    this.record({
      type,
      actor,
      target: { guid: target.guid, type: target.kind, name },
      ...('spaceGuid' in target && { spaceGuid: target.spaceGuid }),
      ...('organizationGuid' in target && { organizationGuid: target.organizationGuid }),
      ...(data && { data }),
    });
  }

  /** Newest first. */
  async read(filter: AuditFilter): Promise<AuditEvent[]> {
    const targets = filter.targetGuids ?? ['*'];
    const found = await Promise.all(
      targets.map(guid => this.#stream.read({ subject: auditSubject(guid), limit: filter.limit })),
    );
    const records = found.flat().sort((a, b) => b.sequence - a.sequence);
    return records.flatMap(record => this.#decode(record.text()));
  }

  #decode(text: string): AuditEvent[] {
    try {
      return [auditEventSchema.parse(JSON.parse(text))];
    } catch (thrown) {
      this.#log.warn({ reason: reasonOf(thrown) }, 'unreadable audit event left out');
      return [];
    }
  }
}
