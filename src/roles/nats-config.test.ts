import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../exec/run.ts';
import { formatNatsConfig } from './nats-config.ts';

test('formatNatsConfig() is accepted by nats-server, whatever the passwords are', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'sprue-nats-config-'));
  try {
    const text = formatNatsConfig({
      dir,
      host: '127.0.0.1',
      port: 4322,
      users: [
        { role: { role: 'controller' }, password: 'p"q\\r' },
        { role: { role: 'router' }, password: '$a {b}' },
        { role: { role: 'edge' }, password: 's' },
        { role: { role: 'dea', deaId: 'host-1' }, password: 't' },
      ],
    });
    const file = join(dir, 'nats-server.conf');
    await writeFile(file, text);
    await run(['nats-server', '--config', file, '-t']);
    assert.match(text, /listen: 127\.0\.0\.1:4322/);
    assert.match(text, /user: "dea-host-1"/);
  } finally {
    await rm(dir, { recursive: true });
  }
});
