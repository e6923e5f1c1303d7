import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ipv4, Port } from '../../core/address.ts';
import type { InstanceId } from '../../core/ids.ts';
import { desiredInstance } from '../fakes/desired.ts';
import { appEnvironment } from './environment.ts';

const RUN = {
  instanceId: '99999999-9999-4999-8999-999999999999' as InstanceId,
  startedMs: Date.UTC(2026, 0, 31, 13, 45, 1, 987),
  outside: { host: '192.0.2.7' as Ipv4, port: 61_001 as Port },
  containerIp: '10.254.0.5' as Ipv4,
  containerPort: 8080 as Port,
};

test('appEnvironment: every variable, value by value', () => {
  const desired = desiredInstance({
    index: 2,
    memoryMib: 256,
    env: { GREETING: 'hi' },
    vcapApplication: { name: 'shop', application_uris: ['shop.example.com'] },
  });
  const { VCAP_APPLICATION, ...rest } = appEnvironment(desired, RUN);
  assert.deepEqual(rest, {
    HOME: '/home/vcap/app',
    LANG: 'C.UTF-8',
    PATH: '/opt/node/bin:/usr/local/bin:/usr/bin:/bin',
    TMPDIR: '/home/vcap/tmp',
    USER: 'vcap',
    GREETING: 'hi',
    CF_INSTANCE_ADDR: '192.0.2.7:61001',
    CF_INSTANCE_GUID: '99999999-9999-4999-8999-999999999999',
    CF_INSTANCE_INDEX: '2',
    CF_INSTANCE_INTERNAL_IP: '10.254.0.5',
    CF_INSTANCE_IP: '192.0.2.7',
    CF_INSTANCE_PORT: '61001',
    CF_INSTANCE_PORTS: '[{"external":61001,"internal":8080}]',
    MEMORY_LIMIT: '256m',
    PORT: '8080',
    VCAP_APP_HOST: '0.0.0.0',
    VCAP_APP_PORT: '8080',
    VCAP_SERVICES: '{}',
  });
  assert.deepEqual(JSON.parse(VCAP_APPLICATION ?? ''), {
    name: 'shop',
    application_uris: ['shop.example.com'],
    instance_id: '99999999-9999-4999-8999-999999999999',
    instance_index: 2,
    host: '0.0.0.0',
    port: 8080,
    started_at: '2026-01-31 13:45:01 +0000',
    started_at_timestamp: 1_769_867_101,
    start: '2026-01-31 13:45:01 +0000',
    state_timestamp: 1_769_867_101,
  });
});

test('appEnvironment: the user wins over defaults, not over the platform', () => {
  const env = appEnvironment(
    desiredInstance({
      env: {
        LANG: 'de_DE.UTF-8',
        PATH: '/home/vcap/app/bin:/usr/bin',
        CF_API: 'https://api.example.com',
        PORT: '1',
        MEMORY_LIMIT: '9g',
        VCAP_APPLICATION: 'forged',
        VCAP_SECRET: 'forged',
        CF_INSTANCE_INDEX: '77',
        CF_INSTANCE_OTHER: 'forged',
        VCAP_SERVICES: '{"redis":[]}',
      },
    }),
    RUN,
  );
  assert.equal(env['LANG'], 'de_DE.UTF-8');
  assert.equal(env['PATH'], '/home/vcap/app/bin:/usr/bin');
  assert.equal(env['CF_API'], 'https://api.example.com');
  assert.equal(env['PORT'], '8080');
  assert.equal(env['MEMORY_LIMIT'], '512m');
  assert.equal(env['CF_INSTANCE_INDEX'], '0');
  assert.equal(env['VCAP_SERVICES'], '{"redis":[]}');
  assert.notEqual(env['VCAP_APPLICATION'], 'forged');
  assert.ok(!('VCAP_SECRET' in env));
  assert.ok(!('CF_INSTANCE_OTHER' in env));
});

test('appEnvironment: values arrive byte for byte', () => {
  const nasty = 'a "b" \'c\' $(id) `id` \\ \n\t€ ;&|';
  assert.equal(appEnvironment(desiredInstance({ env: { NASTY: nasty } }), RUN)['NASTY'], nasty);
});
