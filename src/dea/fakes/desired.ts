import { type DesiredInstance, desiredInstanceSchema } from '../../proto/desired-instance.ts';

/** A valid desired instance for tests; what matters to a test is overridden. */
export function desiredInstance(overrides: Partial<DesiredInstance> = {}): DesiredInstance {
  return {
    ...desiredInstanceSchema.parse({
      guid: crypto.randomUUID(),
      deaId: 'dea-1',
      appGuid: crypto.randomUUID(),
      appName: 'shop',
      processGuid: crypto.randomUUID(),
      processType: 'web',
      index: 0,
      version: crypto.randomUUID(),
      dropletGuid: crypto.randomUUID(),
      startCommand: 'node server.js',
      env: {},
      vcapApplication: {},
      memoryMib: 512,
      diskMib: 1024,
      healthCheck: { type: 'port' },
      uris: ['shop.example.com'],
    }),
    ...overrides,
  };
}
