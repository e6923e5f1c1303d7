import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listenVerdict } from './listen-verdict.ts';

test('listenVerdict: any address that is not loopback will do', () => {
  for (const address of ['0.0.0.0', '::', '10.254.0.2', '::ffff:10.254.0.2']) {
    assert.equal(listenVerdict([{ address, port: 8080 }], 8080), undefined, address);
  }
});

test('listenVerdict: loopback beside another address is fine', () => {
  const sockets = [
    { address: '127.0.0.1', port: 8080 },
    { address: '0.0.0.0', port: 8080 },
  ];
  assert.equal(listenVerdict(sockets, 8080), undefined);
});

test('listenVerdict: loopback only', () => {
  for (const [address, shown] of [
    ['127.0.0.1', '127.0.0.1:8080'],
    ['127.0.1.1', '127.0.1.1:8080'],
    ['::1', '[::1]:8080'],
    ['::ffff:127.0.0.1', '[::ffff:127.0.0.1]:8080'],
  ] as const) {
    const verdict = listenVerdict([{ address, port: 8080 }], 8080);
    assert.equal(verdict?.code, 'APP_LOOPBACK_BIND');
    assert.ok(verdict.text.includes(`listens on ${shown} only`), verdict.text);
    assert.ok(verdict.fix.includes('0.0.0.0'));
  }
});

test('listenVerdict: loopback bind is named before a wrong port', () => {
  const sockets = [
    { address: '0.0.0.0', port: 9229 },
    { address: '127.0.0.1', port: 8080 },
  ];
  assert.equal(listenVerdict(sockets, 8080)?.code, 'APP_LOOPBACK_BIND');
});

test('listenVerdict: another port', () => {
  const sockets = [
    { address: '0.0.0.0', port: 3000 },
    { address: '0.0.0.0', port: 3000 },
    { address: '::', port: 3001 },
  ];
  const verdict = listenVerdict(sockets, 8080);
  assert.equal(verdict?.code, 'APP_WRONG_PORT');
  assert.ok(verdict.text.includes('listens on 0.0.0.0:3000, [::]:3001, but not on port 8080'));
});

test('listenVerdict: nothing listens', () => {
  assert.equal(listenVerdict([], 8080)?.code, 'APP_NOT_LISTENING');
});
