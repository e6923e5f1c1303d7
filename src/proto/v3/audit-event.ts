import { z } from 'zod';

/** Event types that Sprue writes, with Cloud Foundry's names. */
export const AUDIT_EVENT_TYPES = [
  'audit.app.create',
  'audit.app.update',
  'audit.app.start',
  'audit.app.stop',
  'audit.app.restart',
  'audit.app.delete-request',
  'audit.app.apply_manifest',
  'audit.app.map-route',
  'audit.app.unmap-route',
  'audit.app.package.create',
  'audit.app.package.upload',
  'audit.app.build.create',
  'audit.app.build.staged',
  'audit.app.build.failed',
  'audit.app.droplet.create',
  'audit.app.droplet.mapped',
  'audit.app.process.create',
  'audit.app.process.update',
  'audit.app.process.scale',
  'audit.app.process.crash',
  'audit.app.process.terminate_instance',
  'audit.app.deployment.create',
  'audit.app.deployment.cancel',
  'audit.route.create',
  'audit.route.delete-request',
  'audit.space.create',
  'audit.space.delete-request',
  'audit.organization.create',
  'audit.organization.delete-request',
] as const;
export type AuditEventType = (typeof AUDIT_EVENT_TYPES)[number];

const partySchema = z.object({ guid: z.string(), type: z.string(), name: z.string() });

export const auditEventSchema = z.object({
  guid: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
  type: z.enum(AUDIT_EVENT_TYPES),
  actor: partySchema,
  target: partySchema,
  data: z.record(z.string(), z.unknown()),
  space: z.object({ guid: z.string() }).nullable(),
  organization: z.object({ guid: z.string() }).nullable(),
});
export type AuditEvent = z.infer<typeof auditEventSchema>;
