import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listenError } from './listen-error.ts';

const refusal = (code: string) => Object.assign(new Error(`bind ${code}`), { code });

test('listenError() says that ports below 1024 are for root', () => {
  const error = listenError(refusal('EACCES'), { transport: 'UDP', address: '10.0.0.5', port: 53 });
  assert.equal(error.code, 'DNS_PORT_FORBIDDEN');
  assert.match(error.message, /10\.0\.0\.5:53/);
});

test('listenError() names addresses of IPv6 in brackets, and hands on what it does not know', () => {
  const wanted = { transport: 'TCP', address: 'fe80::1%eth0', port: 53 } as const;
  const error = listenError(refusal('EMFILE'), wanted);
  assert.equal(error.code, 'LISTEN_FAILED');
  assert.match(error.message, /\[fe80::1%eth0\]:53: bind EMFILE/);
  assert.match(listenError(refusal('EADDRINUSE'), wanted).message, /uses this TCP port/);
});
