import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListeningSocket } from './listen-verdict.ts';
import { ListenWatch } from './listen-watch.ts';

test('ListenWatch: reports what lasts, takes it back when it is mended', async () => {
  let sockets: ListeningSocket[] = [];
  const watch = new ListenWatch({ port: 8080, suspicionMs: 3_000, read: async () => sockets });
  assert.equal(await watch.look(0), undefined);
  sockets = [{ address: '127.0.0.1', port: 8080 }];
  assert.equal(await watch.look(1_000), undefined);
  assert.equal(await watch.look(3_900), undefined);
  assert.equal((await watch.look(4_500))?.code, 'APP_LOOPBACK_BIND');
  assert.equal((await watch.look(4_600))?.code, 'APP_LOOPBACK_BIND');
  sockets = [{ address: '0.0.0.0', port: 8080 }];
  assert.equal(await watch.look(5_200), undefined);
});

test('ListenWatch: another problem must last again', async () => {
  let sockets = [{ address: '0.0.0.0', port: 9000 }];
  const watch = new ListenWatch({ port: 8080, suspicionMs: 3_000, read: async () => sockets });
  await watch.look(0);
  sockets = [{ address: '127.0.0.1', port: 8080 }];
  assert.equal(await watch.look(3_000), undefined);
  assert.equal((await watch.look(6_000))?.code, 'APP_LOOPBACK_BIND');
});

test('ListenWatch: silence is a verdict only at the end', async () => {
  const watch = new ListenWatch({ port: 8080, suspicionMs: 0, read: async () => [] });
  assert.equal(await watch.look(0), undefined);
  assert.equal(await watch.look(60_000), undefined);
  assert.equal((await watch.verdict())?.code, 'APP_NOT_LISTENING');
});
