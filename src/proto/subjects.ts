import type { Guid } from '../core/ids.ts';

/** NATS subjects. The `router.*` ones and their payloads are gorouter's own. */
export const SUBJECTS = {
  /** DEA or component → routers: {@link RouterRegister}. */
  routerRegister: 'router.register',
  /** DEA or component → routers: {@link RouterRegister}. */
  routerUnregister: 'router.unregister',
  /** Router → all, at start and after each reconnect: everybody registers now. */
  routerStart: 'router.start',
  /** Client → routers, request; the answer is the payload of `router.start`. */
  routerGreet: 'router.greet',
  /** Sprue's routers → all, every few seconds: {@link RouterPresence}. */
  routerAlive: 'sprue.router.alive',
  /** Sprue's routers → all, once at the end: {@link RouterPresence}. */
  routerGone: 'sprue.router.gone',
  /** Controller → routers, DEAs, edges: `TraceStart`. */
  traceStart: 'sprue.trace.start',
  /** Routers, DEAs, edges → controller, once their collectors stand: `TraceArmed`. */
  traceArmed: 'sprue.trace.armed',
  /** Controller → routers, DEAs, edges: `TraceStop`. */
  traceStop: 'sprue.trace.stop',
  /** Router → controller, DEAs, edges; DEA, edge → controller: `Observation`. */
  traceObservation: 'sprue.trace.observation',
} as const;

/** Request to one DEA: what its instances use right now. Answer: {@link InstanceUsage}[]. */
export function deaStatsSubject(deaId: string): string {
  return `sprue.dea.${deaId}.stats`;
}

/** Log records of one app: {@link LogRecord}. */
export function logSubject(appGuid: Guid): string {
  return `logs.${appGuid}`;
}

/** JetStream stream that keeps {@link logSubject}. */
export const LOG_STREAM = {
  name: 'logs',
  subjects: ['logs.*'],
  maxMessagesPerSubject: 2_000,
  maxBytes: 256 * 2 ** 20,
  maxAgeMs: 7 * 24 * 3600 * 1000,
} as const;

/** Audit events whose target has this guid: {@link AuditEvent}. */
export function auditSubject(targetGuid: string): string {
  return `audit.${targetGuid}`;
}

/** JetStream stream that keeps {@link auditSubject}. */
export const AUDIT_STREAM = {
  name: 'audit',
  subjects: ['audit.*'],
  maxMessagesPerSubject: 500,
  maxBytes: 64 * 2 ** 20,
  maxAgeMs: 31 * 24 * 3600 * 1000,
} as const;
