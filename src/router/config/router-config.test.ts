import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { GOROUTER_SCHEMA } from './gorouter-schema.ts';
import { loadRouterConfig, toRouterConfig } from './router-config.ts';
import type { Rule } from './rule.ts';

describe('toRouterConfig', () => {
  test('an empty file gives the documented defaults', () => {
    const config = toRouterConfig(undefined);
    assert.equal(config.port, 8081);
    assert.deepEqual(config.nats.servers, ['localhost:4222']);
    assert.equal(config.staleThresholdMs, 120_000);
    assert.equal(config.emptyPoolTimeoutMs, 120_000);
    assert.equal(config.maxRequestHeaderBytes, 2 ** 20);
    assert.equal(config.drainTimeoutMs, config.endpointTimeoutMs);
    assert.equal(config.suspendPruningWhileDisconnected, true);
  });

  test('durations, lists and nested sections are read with their units', () => {
    const config = toRouterConfig({
      port: 80,
      nats: { hosts: [{ hostname: '10.0.0.1', port: 4223 }, { hostname: 'n2' }], user: 'u' },
      start_response_delay_interval: '1m30s',
      drain_timeout: '500ms',
      backends: { max_attempts: 5 },
    });
    assert.deepEqual(config.nats.servers, ['10.0.0.1:4223', 'n2:4222']);
    assert.equal(config.nats.user, 'u');
    assert.equal(config.nats.password, undefined);
    assert.equal(config.startDelayMs, 90_000);
    assert.equal(config.drainTimeoutMs, 500);
    assert.equal(config.maxAttempts, 5);
  });

  test('a start delay above the stale threshold raises that threshold', () => {
    const config = toRouterConfig({ start_response_delay_interval: '300s' });
    assert.equal(config.staleThresholdMs, 300_000);
  });

  test('switching the 503 off forgets a route with its last endpoint', () => {
    const config = toRouterConfig({
      empty_pool_response_code_503: false,
      empty_pool_timeout: '9s',
    });
    assert.equal(config.emptyPoolTimeoutMs, 0);
  });

  test('every problem is named with its place, at once', () => {
    assert.throws(
      () =>
        toRouterConfig({
          prot: 80,
          status: { usr: 'x' },
          nats: { hosts: [{ hostname: 'a', port: 'b' }] },
          drain_wait: 20,
          enable_ssl: true,
          logging: { level: 'loud' },
        }),
      (error: Error) => {
        for (const part of [
          /prot is not a setting; did you mean port\?/,
          /status\.usr is not a setting; did you mean user\?/,
          /nats\.hosts\.0\.port must be an integer from 0 to 65535, not "b"/,
          /drain_wait must be a duration such as 30s, not 20/,
          /enable_ssl is a setting of gorouter that this version does not have/,
          /logging\.level must be one of info, debug, warn, error, not "loud"/,
        ]) {
          assert.match(error.message, part);
        }
        return true;
      },
    );
  });

  test('a section that is no mapping and a list that is no list are refused', () => {
    assert.throws(() => toRouterConfig({ nats: 7 }), /nats must be a mapping, not 7/);
    assert.throws(() => toRouterConfig({ nats: { hosts: 'x' } }), /nats\.hosts must be a list/);
    assert.throws(() => toRouterConfig([]), /the file must be a mapping/);
  });
});

test('docs/router-configuration.md names every setting', async () => {
  const page = await readFile(
    join(import.meta.dirname, '../../../docs/router-configuration.md'),
    'utf8',
  );
  const settingsIn = (rule: Rule<unknown>): string[] =>
    Object.entries(rule.shape ?? {}).flatMap(([key, below]) =>
      below.shape === undefined ? [key] : settingsIn(below),
    );
  const settings = settingsIn(GOROUTER_SCHEMA);
  assert.ok(settings.length > 30);
  assert.deepEqual(
    settings.filter(key => !new RegExp(`[\x60.]${key}\x60`).test(page)),
    [],
  );
});

test('loadRouterConfig reads YAML and JSON, and says what is wrong with a file that is neither', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'sprue-config-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'router.yml');
  await writeFile(file, 'port: 8123\nstatus:\n  user: admin\n');
  assert.equal((await loadRouterConfig(file)).port, 8123);
  assert.equal((await loadRouterConfig(file)).status.user, 'admin');
  await writeFile(file, '{"port": 8124}\n');
  assert.equal((await loadRouterConfig(file)).port, 8124);
  await writeFile(file, '{port: 8125}\n');
  assert.equal((await loadRouterConfig(file)).port, 8125);
  await writeFile(file, 'port: [1');
  await assert.rejects(loadRouterConfig(file), { code: 'CONFIG_INVALID' });
  await assert.rejects(loadRouterConfig(join(folder, 'none.yml')), /ENOENT/);
});
