import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { describe, test } from 'node:test';
import type { ManifestApp } from '../../proto/v3/manifest.ts';
import { nameOfSource, type PushFlags, planPush } from './plan-push.ts';
import { manifestText } from './push-apps.ts';

function plan(
  apps: readonly ManifestApp[] | undefined,
  options: { readonly name?: string; readonly flags?: PushFlags; readonly directory?: string } = {},
) {
  return planPush({
    directory: options.directory ?? '/src/My App',
    ...(options.name !== undefined && { name: options.name }),
    ...(apps && { manifest: { file: '/src/shop/manifest.yml', apps } }),
    flags: options.flags ?? {},
  });
}

describe('planPush', () => {
  test('without a manifest the app is named after its directory and gets a default route', () => {
    assert.deepEqual(plan(undefined), [
      {
        name: 'my-app',
        sourcePath: '/src/My App',
        manifest: { name: 'my-app', default_route: true },
      },
    ]);
  });

  test('a path of the manifest is relative to the manifest and is not sent', () => {
    const [push] = plan([{ name: 'shop', path: 'dist' }]);
    assert.equal(push?.sourcePath, '/src/shop/dist');
    assert.deepEqual(push?.manifest, { name: 'shop', default_route: true });
  });

  test('--path is relative to where one is', () => {
    const [push] = plan([{ name: 'shop', path: 'dist' }], { flags: { path: 'other' } });
    assert.equal(push?.sourcePath, resolve('other'));
  });

  test('without a name and a manifest, --path gives the name', () => {
    assert.equal(plan(undefined, { flags: { path: 'a/Shop' } })[0]?.name, 'shop');
  });

  test('flags win over the manifest', () => {
    const [push] = plan([{ name: 'shop', memory: '64M', instances: 1 }], {
      flags: { memory: '1G', instances: 3, disk: '2G', command: 'run', timeoutSec: 9 },
    });
    assert.deepEqual(push?.manifest, {
      name: 'shop',
      memory: '1G',
      instances: 3,
      disk_quota: '2G',
      command: 'run',
      timeout: 9,
      default_route: true,
    });
  });

  test('flags land on the web process when the manifest has one', () => {
    const processes = [{ type: 'worker' }, { type: 'web', memory: '64M' }];
    const [push] = plan([{ name: 'shop', processes }], { flags: { memory: '1G' } });
    assert.deepEqual(push?.manifest.processes, [{ type: 'worker' }, { type: 'web', memory: '1G' }]);
    assert.equal(push?.manifest.memory, undefined);
  });

  test('`default` gives command and buildpacks back to detection', () => {
    const flags = { command: 'default', buildpacks: ['default'] };
    const [push] = plan([{ name: 'shop', command: 'x', buildpacks: ['y'] }], { flags });
    assert.equal(push?.manifest.command, null);
    assert.deepEqual(push?.manifest.buildpacks, []);
  });

  const routes = [
    [{ noRoute: true }, { no_route: true }],
    [{ randomRoute: true }, { random_route: true }],
    [{ routes: ['a.b'] }, { routes: [{ route: 'a.b' }], default_route: true }],
    [{}, { routes: [{ route: 'old.b' }], default_route: true }],
  ] as const;
  for (const [flags, expected] of routes) {
    test(`routes with ${JSON.stringify(flags)}`, () => {
      const [push] = plan([{ name: 'shop', routes: [{ route: 'old.b' }] }], { flags });
      assert.deepEqual(push?.manifest, { name: 'shop', ...expected });
    });
  }

  test('a name chooses one of several apps', () => {
    const apps = [{ name: 'one' }, { name: 'two' }];
    assert.deepEqual(
      plan(apps, { name: 'two' }).map(({ name }) => name),
      ['two'],
    );
    assert.deepEqual(
      plan(apps).map(({ name }) => name),
      ['one', 'two'],
    );
  });

  test('a name renames the only app', () => {
    assert.equal(plan([{ name: 'one' }], { name: 'other' })[0]?.manifest.name, 'other');
  });

  const wrong: readonly [string, () => unknown, RegExp][] = [
    [
      'an app that is not there',
      () => plan([{ name: 'one' }, { name: 'two' }], { name: 'tow' }),
      /“two”/,
    ],
    [
      'options for several apps',
      () => plan([{ name: 'one' }, { name: 'two' }], { flags: { instances: 2 } }),
      /several/,
    ],
    [
      '--route with --no-route',
      () => plan(undefined, { flags: { noRoute: true, routes: ['a'] } }),
      /exclude/,
    ],
    [
      'an endpoint without slash',
      () => plan(undefined, { flags: { endpoint: 'health' } }),
      /path such as/,
    ],
    ['a name with a line break', () => plan(undefined, { name: 'a\nb' }), /no name for an app/],
    ['a name of spaces', () => plan(undefined, { name: ' ' }), /no name for an app/],
  ];
  for (const [what, act, message] of wrong) {
    test(`refuses ${what}`, () => assert.throws(act, { code: 'USAGE', message }));
  }

  test('refuses a size without unit', () => {
    assert.throws(() => plan(undefined, { flags: { memory: '256' } }), { code: 'INVALID_SIZE' });
  });
});

test('nameOfSource makes a host name', () => {
  assert.equal(nameOfSource('/x/Hello_World.js'), 'hello-world-js');
  assert.equal(nameOfSource('/x/shop-1.jar'), 'shop-1');
  assert.equal(nameOfSource('/x/Mein Büro'), 'mein-buro');
  assert.throws(() => nameOfSource('/'), { code: 'USAGE' });
});

test('manifestText spells keys as Cloud Foundry does and leaves those of the user alone', () => {
  const manifest = {
    name: 'shop',
    disk_quota: '1G',
    default_route: true,
    env: { A_B: 'c' },
    processes: [{ type: 'web', health_check_type: 'http' as const }],
  };
  const text = manifestText([{ name: 'shop', sourcePath: '/', manifest }]);
  assert.equal(
    text,
    `applications:
  - name: shop
    disk_quota: 1G
    default-route: true
    env:
      A_B: c
    processes:
      - type: web
        health-check-type: http
`,
  );
});
