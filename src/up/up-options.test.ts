import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hasCode } from '../core/errors.ts';
import { parseUpOptions } from './up-options.ts';

describe('parseUpOptions()', () => {
  test('refuses what is no domain, no port and no address of this machine', () => {
    for (const [raw, code] of [
      [{ domain: 'localhost' }, 'INVALID_DOMAIN'],
      [{ domain: 'a b.example' }, 'INVALID_DOMAIN'],
      [{ domain: '-x.example' }, 'INVALID_DOMAIN'],
      [{ httpPort: '0' }, 'INVALID_ADDRESS'],
      [{ httpPort: '70000' }, 'INVALID_ADDRESS'],
      [{ httpPort: '8o' }, 'INVALID_ADDRESS'],
      [{ address: 'here' }, 'INVALID_ADDRESS'],
      [{ address: '203.0.113.77' }, 'ADDRESS_NOT_LOCAL'],
    ] as const) {
      assert.throws(
        () => parseUpOptions(raw),
        thrown => hasCode(thrown, code),
        JSON.stringify(raw),
      );
    }
  });
});
