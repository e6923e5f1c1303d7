import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SprueError } from '../../core/errors.ts';
import { parseManifest } from './manifest.ts';
import { wantedProcesses } from './manifest-process.ts';

function mistakes(yaml: string): string[] {
  try {
    parseManifest(yaml);
  } catch (thrown) {
    const errors = thrown instanceof AggregateError ? thrown.errors : [thrown];
    return errors.map((error: SprueError) => error.message);
  }
  return [];
}

test('parseManifest takes both spellings of keys, anchors, and YAML 1.1 booleans', () => {
  const [app] = parseManifest(`
version: 1
applications:
- name: a
  disk_quota: 1G
  no-route: yes
  env: &env {A-B: on, C: 3}
  processes:
  - {type: web, health-check-type: none, disk-quota: 2G}
`);
  assert.equal(app?.disk_quota, '1G');
  assert.equal(app?.no_route, true);
  assert.deepEqual(app?.env, { 'A-B': true, C: 3 }, 'names of variables stay as they are');
  assert.equal(app?.processes?.[0]?.disk_quota, '2G');
});

test('parseManifest reports every mistake with the app it is in', () => {
  assert.deepEqual(
    mistakes(`
applications:
- name: a
  memroy: 1G
- instances: many
- {name: c, random-route: true, default-route: true, services: [db]}
- {name: d, processes: [{type: web}, {type: web, comand: x}]}
`),
    [
      "For application 'a': unknown key “memroy”. Did you mean “memory”?",
      'For application at index 1: “name”: Invalid input: expected string, received undefined.',
      'For application at index 1: “instances”: Invalid input: expected number, received string.',
      "For application 'c': “random-route” and “default-route” cannot be used together.",
      "For application 'c': services are not offered.",
      "For application 'd': “processes.1”: unknown key “comand”. Did you mean “command”?",
    ],
  );
});

test('parseManifest refuses what is no manifest at all', () => {
  for (const [yaml, expected] of [
    ['', /must be a mapping/],
    ['[]', /must be a mapping/],
    ['applications: []', /at least one app/],
    ['applications: {a: 1}', /must be a list/],
    ['version: 2\napplications: [{name: a}]', /“version” must be 1/],
    ['application: [{name: a}]', /unknown key “application”\. Did you mean “applications”/],
    ['applications: [', /not valid YAML/],
    ['applications: [{name: a}, {name: a}]', /appears twice/],
    ['applications: [{name: a, docker: {image: x}}]', /from source/],
    ['applications: [{name: a, buildpack: x, buildpacks: [z]}]', /together/],
  ] as const) {
    assert.match(mistakes(yaml)[0] ?? 'no mistake', expected, yaml);
  }
});

test('parseManifest is not fooled by a bomb of aliases', () => {
  const levels = Array.from({ length: 9 }, (_, n) => `x${n}: &x${n} [${`*x${n - 1},`.repeat(9)}]`);
  const bomb = ['x0: &x0 [1]', ...levels.slice(1), 'applications: [{name: a}]'].join('\n');
  assert.match(mistakes(bomb)[0] ?? '', /not valid YAML|unknown key/);
});

test('wantedProcesses: members of the app mean web, unless there is a web of its own', () => {
  const [shorthand] = parseManifest(
    'applications: [{name: a, instances: 2, memory: 64M, command: default, processes: [{type: w}]}]',
  );
  assert.ok(shorthand);
  const [web, worker] = wantedProcesses(shorthand);
  assert.deepEqual([web?.type, web?.instances, web?.settings.memoryMib], ['web', 2, 64]);
  assert.equal(web?.settings.command, null, '“default” goes back to the droplet’s command');
  assert.equal(worker?.type, 'w');
  assert.equal(worker?.settings.command, undefined, 'what is not said stays');

  const [explicit] = parseManifest(
    'applications: [{name: a, instances: 2, processes: [{type: web, health-check-type: none}]}]',
  );
  assert.ok(explicit);
  const only = wantedProcesses(explicit);
  assert.equal(only.length, 1);
  assert.equal(only[0]?.instances, undefined);
  assert.equal(only[0]?.settings.healthCheck?.type, 'process');
});

test('wantedProcesses refuses sizes without a unit', () => {
  const [app] = parseManifest('applications: [{name: a, memory: 512}]');
  assert.ok(app);
  assert.throws(() => wantedProcesses(app), { code: 'INVALID_SIZE' });
});

test('parseManifest refuses a manifest of thousands of apps at once', () => {
  const apps = Array.from({ length: 60_000 }, (_, n) => `- name: a${n}\n`).join('');
  const startMs = performance.now();
  assert.throws(() => parseManifest(`applications:\n${apps}`), /60000 apps, more than 500/);
  assert.ok(performance.now() - startMs < 10_000);
});

test('parseManifest refuses a command with a NUL byte, which no process can get', () => {
  const yaml = 'applications: [{name: a, command: "a\\0b"}]';
  assert.throws(
    () => parseManifest(yaml),
    (thrown: AggregateError) => /NUL byte/.test(thrown.errors[0]?.message),
  );
});
