import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hasCode } from '../../core/errors.ts';
import { parseTracedUrl } from './traced-url.ts';

const API = 'http://api.example.test:8080';

describe('parseTracedUrl()', () => {
  test('takes apart what is sent and what is shown', () => {
    assert.deepEqual(parseTracedUrl('http://Shop.example.test/cart?token=s3cret&page=2#top', API), {
      host: 'shop.example.test',
      port: 80,
      path: '/cart',
      target: '/cart?token=s3cret&page=2',
      hostHeader: 'shop.example.test',
      shown: 'http://shop.example.test/cart?token=…&page=…',
      full: 'http://shop.example.test/cart?token=s3cret&page=2',
    });
  });

  test('a route has scheme and port of the API', () => {
    const url = parseTracedUrl('shop.example.test/cart', API);
    assert.deepEqual([url.port, url.hostHeader], [8080, 'shop.example.test:8080']);
    assert.equal(url.full, 'http://shop.example.test:8080/cart');
  });

  test('refuses what it cannot trace, with a reason', () => {
    for (const [text, reason] of [
      ['https://shop.example.test', /https/],
      ['ftp://shop.example.test', /no http URL/],
      ['http://me:secret@shop.example.test', /password/],
      ['http://[2001:db8::1]/', /IPv6/],
      ['http://', /no URL/],
      ['', /no URL/],
    ] as const) {
      assert.throws(
        () => parseTracedUrl(text, API),
        thrown => hasCode(thrown, 'USAGE') && reason.test(thrown.message),
        text,
      );
    }
  });
});
