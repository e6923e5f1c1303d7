import type { RegistryMessage } from '../../src/router/table/registry-message.ts';

/** A message with everything that a test does not care about left out. */
export function registryMessage(
  fields: Partial<RegistryMessage> & Pick<RegistryMessage, 'uris'>,
): RegistryMessage {
  return {
    host: '10.0.0.1',
    port: 61_001,
    tls: false,
    protocol: 'http1',
    appGuid: '',
    instanceId: '',
    instanceIndex: '',
    staleThresholdMs: 0,
    tags: undefined,
    isolationSegment: '',
    availabilityZone: '',
    serverCertDomainSan: '',
    routeServiceUrl: '',
    loadBalancing: '',
    routeDeleted: false,
    updatedAtNs: 0,
    ...fields,
  };
}
