import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Domain } from '../proto/v3/domain.ts';
import { parseRoute } from './parse-route.ts';
import { publicUrl } from './public-url.ts';

const domain = (name: string): Domain =>
  ({ guid: `guid of ${name}`, name }) as Partial<Domain> as Domain;
const DOMAINS = [domain('example.com'), domain('apps.example.com')];

describe('parseRoute', () => {
  const cases = [
    [{ route: 'shop.example.com' }, 'example.com', 'shop', ''],
    [{ route: 'shop.apps.example.com/Cart/' }, 'apps.example.com', 'shop', '/Cart'],
    [{ route: 'apps.example.com' }, 'apps.example.com', '', ''],
    [{ route: 'a.b.example.com' }, 'example.com', 'a.b', ''],
    [{ route: '*.example.com' }, 'example.com', '*', ''],
    [{ route: 'HTTPS://Shop.Example.com/X' }, 'example.com', 'shop', '/X'],
    [{ route: 'example.com', hostname: 'WWW', path: 'x' }, 'example.com', 'www', '/x'],
  ] as const;
  for (const [parts, name, host, path] of cases) {
    test(JSON.stringify(parts), () => {
      assert.deepEqual(parseRoute(parts, DOMAINS), { domainGuid: `guid of ${name}`, host, path });
    });
  }

  test('refuses a host under no domain', () => {
    for (const route of ['shop.example.org', 'notexample.com']) {
      assert.throws(() => parseRoute({ route }, DOMAINS), { code: 'NO_SUCH' });
    }
    assert.throws(() => parseRoute({ route: 'shop.example.com', hostname: 'x' }, DOMAINS), {
      code: 'NO_SUCH',
    });
  });

  test('refuses a host that is none', () => {
    for (const host of ['a b', '-a', 'a..b', 'x'.repeat(64), 'a$']) {
      assert.throws(() => parseRoute({ route: `${host}.example.com` }, DOMAINS), { code: 'USAGE' });
    }
  });
});

test('publicUrl takes scheme and port from the API', () => {
  assert.equal(publicUrl('a.b/c', 'http://api.b'), 'http://a.b/c');
  assert.equal(publicUrl('a.b', 'https://api.b:8443'), 'https://a.b:8443');
});
