import { newGuid } from '../../core/ids.ts';
import { checkDomain } from '../domain/names.ts';
import {
  type DomainRecord,
  newFrame,
  type OrganizationRecord,
  type SpaceRecord,
} from '../domain/records.ts';
import type { Services } from '../services.ts';

/** Where people land after logging in. */
export const SEED = { organization: 'sprue', space: 'dev' } as const;

/**
 * Makes what a first start needs: an organization with a space, unless there is any, and the
 * platform's domain. Safe to repeat.
 */
export async function seed(services: Services): Promise<void> {
  const { store, clock, config } = services;
  if (!store.all('domain').some(domain => domain.name === config.domain)) {
    await store.create<DomainRecord>({
      kind: 'domain',
      ...newFrame(newGuid(), clock.now()),
      name: checkDomain(config.domain),
      internal: false,
    });
  }
  const [existing] = store.all('organization');
  const organization =
    existing ??
    (await store.create<OrganizationRecord>({
      kind: 'organization',
      ...newFrame(newGuid(), clock.now()),
      name: SEED.organization,
    }));
  if (store.count('space') > 0) return;
  await store.create<SpaceRecord>({
    kind: 'space',
    ...newFrame(newGuid(), clock.now()),
    name: SEED.space,
    organizationGuid: organization.guid,
  });
}
