import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRouteAddress, routeUrl, splitRoute } from './route-address.ts';

const DOMAINS = [{ name: 'example.org' }, { name: 'apps.example.org' }, { name: 'other.net' }];

test('splitRoute takes the longest domain that matches', () => {
  for (const [route, host, domain, path] of [
    ['shop.example.org', 'shop', 'example.org', ''],
    ['shop.apps.example.org', 'shop', 'apps.example.org', ''],
    ['apps.example.org', '', 'apps.example.org', ''],
    ['example.org/cart', '', 'example.org', '/cart'],
    ['HTTPS://Shop.Example.org/Cart/', 'shop', 'example.org', '/Cart'],
    ['a.b.example.org', 'a.b', 'example.org', ''],
    ['*.example.org', '*', 'example.org', ''],
  ] as const) {
    const found = splitRoute(route, DOMAINS);
    assert.deepEqual([found.host, found.domain.name, found.path], [host, domain, path], route);
  }
});

test('splitRoute refuses ports, other schemes and unknown domains', () => {
  assert.throws(() => splitRoute('shop.example.org:8080', DOMAINS), /has no port/);
  assert.throws(() => splitRoute('tcp://shop.example.org', DOMAINS), /has no port/);
  assert.throws(() => splitRoute('/x', DOMAINS), /no host/);
  assert.throws(() => splitRoute('notexample.org', DOMAINS), { code: 'DOMAIN_UNKNOWN' });
  assert.throws(() => splitRoute('a.b', []), /No domains exist for route a\.b/);
});

test('checkRouteAddress names what is wrong with host or path', () => {
  for (const [host, path, reason] of [
    ['under_score', '', /“under_score” is not allowed/],
    ['-a', '', /not allowed/],
    ['a'.repeat(64), '', /not allowed/],
    ['*.a', '', /whole host/],
    ['a', 'cart', /begin with “\/”/],
    ['a', '/', /says nothing/],
    ['a', '/a?b', /“\?”/],
    ['a', '/a b', /printable/],
    ['a', `/${'a'.repeat(128)}`, /longer than 128/],
    [`${'a'.repeat(60)}.`.repeat(4).slice(0, -1), '', /253/],
  ] as const) {
    assert.throws(() => checkRouteAddress(host, path, 'example.org'), reason, host + path);
  }
});

test('routeUrl is what routers see', () => {
  assert.equal(routeUrl({ host: 'a', path: '/b' }, 'c.d'), 'a.c.d/b');
  assert.equal(routeUrl({ host: '', path: '' }, 'c.d'), 'c.d');
});
