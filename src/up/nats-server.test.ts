import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../exec/run.ts';
import { natsServerConfig } from './nats-server.ts';

test('natsServerConfig() is accepted by nats-server, listens on loopback only, and limits the router', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'sprue-nats-config-'));
  try {
    const credentials = { platform: 'p"q\\r', router: 's' };
    const text = natsServerConfig({ dir, port: 4322, credentials });
    const file = join(dir, 'nats-server.conf');
    await writeFile(file, text);
    await run(['nats-server', '--config', file, '-t']);
    assert.match(text, /listen: 127\.0\.0\.1:4322/);
    assert.match(text, /user: router.*permissions/);
  } finally {
    await rm(dir, { recursive: true });
  }
});
