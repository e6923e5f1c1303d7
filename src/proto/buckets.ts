import type { Guid } from '../core/ids.ts';

/** JetStream key-value buckets. */
export const KV = {
  /** The controller's resources: `<kind>.<guid>`. Only the controller reads and writes it. */
  resources: 'resources',
  /** What should run where, written by the controller: see {@link instanceKey}, {@link stagingKey}. */
  desired: 'desired',
  /** What is, written by the DEAs, under the same keys. */
  actual: 'actual',
  /** One lease per live DEA, by DEA id: `DeaAdvertisement`. */
  deas: 'deas',
} as const;

/** How often a DEA renews its advertisement. */
export const DEA_RENEW_MS = 3_000;
/** A DEA that did not renew it for this long is gone: its instances are started elsewhere. */
export const DEA_LEASE_MS = 10_000;
/** When the bucket itself forgets a DEA. */
export const DEA_FORGET_MS = 30_000;

/** JetStream object buckets: what was uploaded, and what staging made of it. Objects are named by guid. */
export const OBJECTS = {
  packages: 'packages',
  droplets: 'droplets',
} as const;

/** Key of a desired or actual instance. */
export function instanceKey(deaId: string, guid: Guid): string {
  return `${deaId}.instance.${guid}`;
}

/** Key of a staging task and of its result. */
export function stagingKey(deaId: string, buildGuid: Guid): string {
  return `${deaId}.staging.${buildGuid}`;
}
