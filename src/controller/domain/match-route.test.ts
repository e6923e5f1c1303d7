import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchRoute } from './match-route.ts';

const routes = [
  'shop.example.test',
  'shop.example.test/cart',
  'shop.example.test/cart/items',
  '*.example.test',
  '*.test',
  'example.test',
].map(url => ({ url }));

test('matchRoute() chooses as the routers do', () => {
  for (const [request, expected] of [
    ['shop.example.test /', 'shop.example.test'],
    ['SHOP.example.test /cart', 'shop.example.test/cart'],
    ['shop.example.test /cart/', 'shop.example.test/cart'],
    ['shop.example.test /cartoon', 'shop.example.test'],
    ['shop.example.test /cart/items/7', 'shop.example.test/cart/items'],
    ['other.example.test /', '*.example.test'],
    ['a.b.example.test /', '*.example.test'],
    ['other.test /', '*.test'],
    ['example.test /', 'example.test'],
    ['example.org /', undefined],
  ] as const) {
    const [host = '', path = ''] = request.split(' ');
    assert.equal(matchRoute(host, path, routes)?.url, expected, request);
  }
});
