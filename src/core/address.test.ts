import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  cidrsOverlap,
  ipv4FromNumber,
  ipv4ToNumber,
  parseCidr,
  parseIpv4,
  parsePort,
} from './address.ts';
import { hasCode } from './errors.ts';

const invalid = (thrown: unknown) => hasCode(thrown, 'INVALID_ADDRESS');

describe('addresses', () => {
  test('parseIpv4() takes dotted quads only', () => {
    assert.equal(parseIpv4('10.254.0.1'), '10.254.0.1');
    for (const text of ['', '1.2.3', '1..2.3', '0x7f.0.0.1', '256.1.1.1', '1.2.3.4 ', '::1']) {
      assert.throws(() => parseIpv4(text), invalid, text);
    }
  });

  test('parsePort() takes 1–65535', () => {
    assert.equal(parsePort('80'), 80);
    assert.equal(parsePort(65535), 65535);
    for (const value of ['0', '65536', '8e1', ' 80', '', -1, 1.5])
      assert.throws(() => parsePort(value), invalid);
  });

  test('parseCidr() wants host bits zero and says which network was meant', () => {
    assert.equal(parseCidr('10.254.0.0/16'), '10.254.0.0/16');
    assert.throws(() => parseCidr('10.254.0.1/16'), /10\.254\.0\.0\/16/);
    for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0/8', '10.0.0.0/8x', '/8']) {
      assert.throws(() => parseCidr(text), invalid, text);
    }
  });

  test('ipv4FromNumber() undoes ipv4ToNumber()', () => {
    for (const text of ['0.0.0.0', '10.254.1.2', '255.255.255.255', '128.0.0.1']) {
      assert.equal(ipv4FromNumber(ipv4ToNumber(parseIpv4(text))), text);
    }
  });

  test('cidrsOverlap() is about shared addresses', () => {
    const overlap = (left: string, right: string) =>
      cidrsOverlap(parseCidr(left), parseCidr(right));
    assert.equal(overlap('10.254.0.0/16', '10.0.0.0/8'), true);
    assert.equal(overlap('10.254.0.0/16', '10.255.0.0/16'), false);
    assert.equal(overlap('10.254.0.0/16', '0.0.0.0/0'), true);
    assert.equal(overlap('192.0.2.4/32', '192.0.2.4/31'), true);
  });
});
