import { SprueError } from '../core/errors.ts';
import { KV, OBJECTS } from '../proto/buckets.ts';
import { EDGE_KV } from '../proto/edge.ts';
import { AUDIT_STREAM, deaStatsSubject, LOG_STREAM, SUBJECTS } from '../proto/subjects.ts';

/** Whom a connection to NATS belongs to. Every DEA is a user of its own. */
export type NatsRole =
  | { readonly role: 'controller' }
  | { readonly role: 'router' }
  | { readonly role: 'edge' }
  | { readonly role: 'dea'; readonly deaId: string };

/** What a user may do; everything else is refused by nats-server. */
export interface NatsPermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** An id is a token of NATS subjects and part of a user's name. */
const ROLE_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

/** @throws SprueError `INVALID_ROLE_ID` */
export function checkRoleId(id: string): string {
  if (!ROLE_ID.test(id)) throw new SprueError('INVALID_ROLE_ID', { received: id });
  return id;
}

export function natsUserName(role: NatsRole): string {
  return role.role === 'dea' ? `dea-${checkRoleId(role.deaId)}` : role.role;
}

/**
 * The subjects that a role needs, and no others. Answers to requests are allowed on top
 * (`allow_responses`). Everybody's answers come to an inbox of its own, `_INBOX.<user>`, which nobody
 * else may listen to: else a DEA could read what the controller reads.
 *
 * Streams are created by the controller alone. A right to create or update one would be a right to
 * read any other, by naming it as its source.
 */
export function natsPermissions(role: NatsRole): NatsPermissions {
  const inbox = `_INBOX.${natsUserName(role)}.>`;
  switch (role.role) {
    case 'controller':
      return {
        publish: [...CONTROLLER_PUBLISHES],
        subscribe: [inbox, 'router.start', LOGS, 'sprue.>'],
      };
    case 'router':
      return {
        publish: [SUBJECTS.routerStart, 'sprue.router.*', ...TRACE_ANSWERS],
        subscribe: [inbox, 'router.*', ...TRACE_ORDERS],
      };
    case 'edge':
      return {
        publish: [
          API_INFO,
          ...readBucket(EDGE_KV.floatingIps, '>'),
          ...readBucket(EDGE_KV.edges, '>'),
          `$KV.${EDGE_KV.edges}.>`,
          ...TRACE_ANSWERS,
        ],
        subscribe: [inbox, 'sprue.router.*', ...TRACE_NEWS],
      };
    case 'dea':
      return deaPermissions(checkRoleId(role.deaId), inbox);
    default:
      return role satisfies never;
  }
}

const API_INFO = '$JS.API.INFO';
const LOGS = LOG_STREAM.subjects[0];
const TRACE_ANSWERS = [SUBJECTS.traceArmed, SUBJECTS.traceObservation] as const;
const TRACE_ORDERS = [SUBJECTS.traceStart, SUBJECTS.traceStop] as const;
/** A router's record tells DEAs and edges which connection to look at. */
const TRACE_NEWS = [...TRACE_ORDERS, SUBJECTS.traceObservation] as const;

const CONTROLLER_PUBLISHES = [
  '$JS.API.>',
  '$JS.FC.>',
  '$KV.>',
  '$O.>',
  LOGS,
  AUDIT_STREAM.subjects[0],
  SUBJECTS.routerRegister,
  SUBJECTS.routerUnregister,
  SUBJECTS.routerGreet,
  deaStatsSubject('*'),
  SUBJECTS.traceStart,
  SUBJECTS.traceStop,
] as const;

function deaPermissions(deaId: string, inbox: string): NatsPermissions {
  const own = `${deaId}.>`;
  return {
    publish: [
      API_INFO,
      ...readBucket(KV.desired, own),
      ...readBucket(KV.actual, own),
      `$KV.${KV.actual}.${own}`,
      `$JS.API.STREAM.INFO.KV_${KV.deas}`,
      `$KV.${KV.deas}.${deaId}`,
      ...readObjects(OBJECTS.packages),
      ...readObjects(OBJECTS.droplets),
      ...writeObjects(OBJECTS.droplets),
      `$JS.API.STREAM.INFO.${LOG_STREAM.name}`,
      LOGS,
      SUBJECTS.routerRegister,
      SUBJECTS.routerUnregister,
      SUBJECTS.routerGreet,
      ...TRACE_ANSWERS,
    ],
    subscribe: [
      inbox,
      SUBJECTS.routerStart,
      'sprue.router.*',
      `sprue.dea.${deaId}.*`,
      ...TRACE_NEWS,
    ],
  };
}

/** Reading and following the keys of a bucket that match `filter`; no others. */
function readBucket(bucket: string, filter: string): string[] {
  const stream = `KV_${bucket}`;
  const keys = `$KV.${bucket}.${filter}`;
  return [
    `$JS.API.STREAM.INFO.${stream}`,
    `$JS.API.DIRECT.GET.${stream}.${keys}`,
    `$JS.API.CONSUMER.CREATE.${stream}.*.${keys}`,
    ...useConsumers(stream),
  ];
}

function readObjects(bucket: string): string[] {
  const stream = `OBJ_${bucket}`;
  return [
    `$JS.API.STREAM.INFO.${stream}`,
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.DIRECT.GET.${stream}.>`,
    `$JS.API.CONSUMER.CREATE.${stream}.>`,
    ...useConsumers(stream),
  ];
}

/** Purging is how the chunks of an upload that failed, or of an older one of the same name, are freed. */
function writeObjects(bucket: string): string[] {
  return [`$O.${bucket}.>`, `$JS.API.STREAM.PURGE.OBJ_${bucket}`];
}

/** Consumers have random names, known only to who made them. */
function useConsumers(stream: string): string[] {
  return [
    `$JS.API.CONSUMER.INFO.${stream}.*`,
    `$JS.API.CONSUMER.DELETE.${stream}.*`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`,
    `$JS.FC.${stream}.>`,
  ];
}
