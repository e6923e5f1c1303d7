import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { parseVariables, parseVariablesFile } from './manifest-variables.ts';
import { manifestText } from './push-apps.ts';
import { readManifest } from './read-manifest.ts';

function read(text: string, variables = {}): unknown {
  return readManifest(text, 'manifest.yml', variables);
}

describe('readManifest', () => {
  test('reads apps, with the dashes of keys as underscores', () => {
    const apps = read(`
applications:
- name: shop
  memory: 256M
  disk-quota: 1G
  health-check-type: http
  env: { SOME-KEY: 1 }
  routes: [{ route: shop.example.com/cart }]
  processes:
  - type: worker
    health-check-invocation-timeout: 2
`);
    assert.deepEqual(apps, [
      {
        name: 'shop',
        memory: '256M',
        disk_quota: '1G',
        health_check_type: 'http',
        env: { 'SOME-KEY': 1 },
        routes: [{ route: 'shop.example.com/cart' }],
        processes: [{ type: 'worker', health_check_invocation_timeout: 2 }],
      },
    ]);
  });

  test('follows anchors and merge keys, also from top-level keys of the user', () => {
    const apps = read(`
common: &common
  memory: 64M
  env: &env { A: b }
applications:
- <<: *common
  name: one
- name: two
  env: *env
`);
    assert.deepEqual(apps, [
      { memory: '64M', env: { A: 'b' }, name: 'one' },
      { name: 'two', env: { A: 'b' } },
    ]);
  });

  test('takes keys as they are written, also those that YAML 1.1 takes for something else', () => {
    const [app] = readManifest(
      'applications:\n- name: a\n  env: { N: 1, ON: 2, No: 3, 010: 4, ~: 5, 12:30: 6 }',
      'manifest.yml',
    );
    const names = Object.keys(app?.env ?? {});
    assert.deepEqual(names.toSorted(), ['010', '12:30', 'N', 'No', 'ON', '~']);
  });

  test('texts stay texts on the way to the API', () => {
    const env = { A: 'yes', T: '12:30', O: '0777', U: '1_000', N: '~', E: '1e3', ON: 'off' };
    const app = { name: 'a', manifest: { name: 'a', env }, sourcePath: '/a' };
    const sent = parse(manifestText([app]), { version: '1.1' });
    assert.deepEqual(sent, { applications: [app.manifest] });
  });

  const wrong = [
    ['applications:\n- name: a\n  memroy: 1G', 3, /“memroy” is no key.*\. Did you mean “memory”\?/],
    ['aplications: []', 1, /Did you mean “applications”\?/],
    ['applications:\n- name: a\n  routes:\n  - rout: x.y', 4, /Did you mean “route”\?/],
    ['applications:\n- name: a\n  processes:\n  - type: web\n    instnces: 2', 5, /“instances”/],
    ['applications:\n- name: a\n  memory: lots', 3, /`memory` must be a size/],
    ['applications:\n- name: a\n  memory: 512', 3, /`memory` must be a size/],
    ['applications:\n- name: a\n  instances: 1.5', 3, /whole number from 0/],
    ['applications:\n- name: a\n  instances: -1', 3, /whole number from 0/],
    ['applications:\n- name: a\n  timeout: 0', 3, /whole number from 1/],
    ['applications:\n- name: a\n  no-route: 1', 3, /`no-route` must be true or false/],
    ['applications:\n- name: a\n  health-check-type: tcp', 3, /port, http or process/],
    ['applications:\n- name: a\n  routes: a.b', 3, /must be a list/],
    ['applications:\n- name: a\n  env: text', 3, /must be a map/],
    ['applications:\n- name: a\n  services: [db]', 3, /no `services` yet/],
    ['applications:\n- memory: 1G', 2, /this app has no `name`/],
    ['applications:\n- name: ""', 2, /`name` must be text/],
    ['applications:\n- just text', 2, /an application must be a map/],
    ['version: 2\napplications: [{name: a}]', 1, /`version` must be 1/],
    ['applications:\n- name: a\n bad', 3, /manifest\.yml:3/],
    ['applications: []', 1, /needs a list of `applications`/],
    ['applications:\n- name: a\n- name: a', 1, /“a” is there twice/],
  ] as const;
  for (const [text, line, message] of wrong) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => read(text),
        (thrown: unknown) => {
          assert.ok(thrown instanceof Error && 'code' in thrown);
          assert.equal(thrown.code, 'MANIFEST_INVALID');
          assert.match(thrown.message, new RegExp(`^manifest\\.yml:${line}: `));
          assert.match(thrown.message, message);
          return true;
        },
      );
    });
  }

  test('refuses an empty file', () => {
    assert.throws(() => read(''), {
      code: 'MANIFEST_INVALID',
      message: /a manifest must be a map/,
    });
  });
});

describe('variables', () => {
  test('keep their type when they are the whole value, and are written out within text', () => {
    const apps = read(
      'applications:\n- name: ((name))-((stage))\n  instances: ((count))\n  env: ((env))\n',
      { name: 'shop', stage: 'dev', count: 2, env: { A: 'b' } },
    );
    assert.deepEqual(apps, [{ name: 'shop-dev', instances: 2, env: { A: 'b' } }]);
  });

  test('reach members', () => {
    assert.deepEqual(read('applications: [{name: ((app.name))}]', { app: { name: 'x' } }), [
      { name: 'x' },
    ]);
  });

  test('are all named when they are missing', () => {
    assert.throws(() => read('applications: [{name: ((a)), command: "x ((b.c)) ((a))"}]'), {
      code: 'MANIFEST_VARIABLE_MISSING',
      message: 'manifest.yml: no value for ((a)), ((b.c)).',
    });
  });

  test('--var values have YAML types', () => {
    assert.deepEqual(parseVariables(['a=1', 'b=x=y', 'c=', 'd=[1, 2]', 'e=true']), {
      a: 1,
      b: 'x=y',
      c: '',
      d: [1, 2],
      e: true,
    });
    assert.throws(() => parseVariables(['novalue']), { code: 'USAGE' });
    assert.throws(() => parseVariables(['=x']), { code: 'USAGE' });
  });

  test('a variables file is a map', () => {
    assert.deepEqual(parseVariablesFile('a: {b: 1}\n', 'v.yml'), { a: { b: 1 } });
    assert.deepEqual(parseVariablesFile('', 'v.yml'), {});
    for (const text of ['- a', 'text', 'a: [']) {
      assert.throws(() => parseVariablesFile(text, 'v.yml'), { code: 'MANIFEST_INVALID' });
    }
  });
});
