import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { describeSocketOwner, listTcpListeners } from './listeners.ts';

test('listTcpListeners() and describeSocketOwner() name this process for a port it listens on', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const listener = listTcpListeners().find(found => found.port === port);
  assert.ok(listener);
  assert.match(describeSocketOwner(listener.inode) ?? '', new RegExp(`pid ${process.pid}`));
  server.close();
  await once(server, 'close');
  assert.equal(
    listTcpListeners().some(found => found.port === port),
    false,
  );
});
