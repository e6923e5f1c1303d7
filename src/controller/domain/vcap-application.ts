import type { Guid } from '../../core/ids.ts';
import type { AppRecord, OrganizationRecord, ProcessRecord, SpaceRecord } from './records.ts';

export interface VcapContext {
  readonly app: AppRecord;
  readonly process: Pick<ProcessRecord, 'guid' | 'type' | 'settings'>;
  readonly space: Pick<SpaceRecord, 'guid' | 'name'>;
  readonly organization: Pick<OrganizationRecord, 'guid' | 'name'>;
  readonly uris: readonly string[];
  readonly versionGuid: Guid;
  /** URL of the API, for apps that ask the platform about themselves. */
  readonly apiUrl: string;
}

/** File descriptors an instance may open; Cloud Foundry's default. */
export const FDS_QUOTA = 16_384;

/**
 * The controller's part of VCAP_APPLICATION. The DEA adds what differs from instance to instance:
 * `instance_id`, `instance_index`, `host`, `port`, `started_at`.
 */
export function vcapApplication(context: VcapContext): Readonly<Record<string, unknown>> {
  const { app, process, space, organization, uris, versionGuid, apiUrl } = context;
  return {
    cf_api: apiUrl,
    limits: {
      fds: FDS_QUOTA,
      mem: process.settings.memoryMib,
      disk: process.settings.diskMib,
    },
    application_name: app.name,
    application_uris: uris,
    name: app.name,
    space_name: space.name,
    space_id: space.guid,
    organization_id: organization.guid,
    organization_name: organization.name,
    uris,
    users: null,
    process_id: process.guid,
    process_type: process.type,
    application_id: app.guid,
    version: versionGuid,
    application_version: versionGuid,
  };
}
