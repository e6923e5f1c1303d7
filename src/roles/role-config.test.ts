import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { SprueError } from '../core/errors.ts';
import { controllerConfigSchema } from './controller-role.ts';
import { deaConfigSchema } from './dea-role.ts';
import { loadRoleConfig, merge, parseRoleConfig } from './role-config.ts';

const dea = {
  nats: { servers: ['10.0.0.2:4222'] },
  state_dir: '/var/lib/sprue',
  id: 'host-1',
  address: '10.0.0.5',
};

function problemsOf(content: unknown): string {
  try {
    parseRoleConfig(deaConfigSchema, content, 'dea.yml');
    return '';
  } catch (thrown) {
    assert.ok(thrown instanceof SprueError);
    return thrown.message;
  }
}

describe('parseRoleConfig()', () => {
  test('fills in defaults, with their units', () => {
    const config = parseRoleConfig(deaConfigSchema, { ...dea, memory: '2G' }, 'dea.yml');
    assert.equal(config.memory, 2048);
    assert.equal(config.nats.wait_seconds, 30);
    assert.equal(config.log_level, 'info');
    assert.deepEqual(config.clients, []);
  });

  test('refuses unknown keys at any depth, with what was probably meant', () => {
    assert.match(
      problemsOf({ ...dea, adress: '10.0.0.5', nats: { ...dea.nats, pasword: 'x' } }),
      /nats\.pasword is no setting, did you mean “password”\?; adress is no setting, did you mean “address”\?/,
    );
  });

  test('names everything that is wrong, at once', () => {
    const text = problemsOf({ ...dea, id: 'a b', address: '10.0.0', memory: '2', nats: {} });
    assert.match(text, /^dea\.yml is not a valid configuration: /);
    for (const part of [
      /id: “a b”/,
      /address: “10\.0\.0”/,
      /memory: “2”/,
      /nats\.servers is missing/,
    ])
      assert.match(text, part);
  });

  test('a file that is no mapping is refused', () => {
    for (const content of [null, [], 'text', 3]) assert.match(problemsOf(content), /dea\.yml/);
  });
});

test('merge() puts flags over the file, mapping by mapping', () => {
  const file = { nats: { servers: ['a:1'], password: 'p' }, id: 'x' };
  assert.deepEqual(merge(file, { nats: { servers: ['b:2'] }, address: '10.0.0.1' }), {
    nats: { servers: ['b:2'], password: 'p' },
    id: 'x',
    address: '10.0.0.1',
  });
});

test('loadRoleConfig() reads YAML, and says which file is not there or broken', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'sprue-config-'));
  try {
    const file = join(dir, 'controller.yml');
    const load = () => loadRoleConfig(controllerConfigSchema, file, { address: '10.0.0.2' });
    await assert.rejects(load, /controller\.yml.*ENOENT/);
    await writeFile(
      file,
      'nats: {servers: ["10.0.0.2:4222"]}\nstate_dir: /x\ndomain: example.com\n',
    );
    assert.equal((await load()).http_port, 80);
    await writeFile(file, 'nats: [');
    await assert.rejects(load, /controller\.yml/);
  } finally {
    await rm(dir, { recursive: true });
  }
});
