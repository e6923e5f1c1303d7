import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { poll } from '../../src/core/wait.ts';
import { type NatsServer, startNatsServer } from '../kit/nats-server.ts';

const launcher = join(import.meta.dirname, '..', '..', 'bin', 'sprue');

/** A role as a process, with what it said. */
class RoleProcess {
  readonly child: ChildProcess;
  stderr = '';

  constructor(args: readonly string[]) {
    this.child = spawn(launcher, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk;
    });
  }

  async exitCode(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null)
      await once(this.child, 'exit');
    return this.child.exitCode;
  }

  async says(pattern: RegExp): Promise<void> {
    const said = await poll(() => (pattern.test(this.stderr) ? true : undefined), {
      intervalMs: 20,
      timeoutMs: 15_000,
    });
    assert.ok(said, `not said: ${pattern}\n${this.stderr}`);
  }
}

describe('sprue controller, as every role', () => {
  let nats: NatsServer;
  let dir: string;
  const running: RoleProcess[] = [];
  before(async () => {
    nats = await startNatsServer();
  });
  after(async () => {
    for (const { child } of running) child.kill('SIGKILL');
    await nats.stop();
  });
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sprue-role-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  async function start(changes: object = {}, ...flags: string[]): Promise<RoleProcess> {
    const file = join(dir, 'controller.yml');
    const config = {
      nats: { servers: [nats.url], wait_seconds: 20 },
      state_dir: join(dir, 'state'),
      domain: 'example.com',
      address: '127.0.0.1',
      ready_file: join(dir, 'ready.json'),
      ...changes,
    };
    await writeFile(file, JSON.stringify(config));
    const role = new RoleProcess(['controller', '--config', file, ...flags]);
    running.push(role);
    return role;
  }

  test('comes up, refuses a second one on its folder, survives SIGKILL, ends with SIGTERM', async () => {
    const first = await start();
    await first.says(/controller: up/);
    assert.ok(existsSync(join(dir, 'ready.json')));
    const second = await start();
    assert.equal(await second.exitCode(), 1);
    assert.match(second.stderr, /A controller already runs on .*process \d+/);
    first.child.kill('SIGKILL');
    await first.exitCode();
    const third = await start();
    await third.says(/controller: up/);
    third.child.kill('SIGTERM');
    assert.equal(await third.exitCode(), 0, third.stderr);
  });

  test('waits for NATS and says so once', async () => {
    await nats.kill();
    const role = await start();
    await role.says(/waiting for NATS, at most 20 s: .*connection refused/);
    await nats.resume();
    await role.says(/controller: up/);
    assert.equal(role.stderr.match(/waiting for NATS/g)?.length, 1);
    role.child.kill('SIGTERM');
    assert.equal(await role.exitCode(), 0);
  });

  test('gives up on NATS after its time, with one clear sentence; SIGTERM ends the wait', async () => {
    const nowhere = { servers: ['127.0.0.1:1'] };
    const impatient = await start({ nats: { ...nowhere, wait_seconds: 1 } });
    assert.equal(await impatient.exitCode(), 1);
    assert.match(impatient.stderr, /Error: NATS at 127\.0\.0\.1:1 cannot be reached/);
    assert.doesNotMatch(impatient.stderr, /\n\s+at .*\.ts:\d+/, 'no stack trace');
    const patient = await start({ nats: { ...nowhere, wait_seconds: 60 } });
    await patient.says(/waiting/);
    patient.child.kill('SIGTERM');
    assert.equal(await patient.exitCode(), 0);
  });

  test('wrong settings are refused before anything is started; flags win over the file', async () => {
    const misspelt = await start({ domian: 'example.com' });
    assert.equal(await misspelt.exitCode(), 2);
    assert.match(misspelt.stderr, /domian is no setting, did you mean “domain”/);
    assert.equal(existsSync(join(dir, 'state')), false);
    const flagged = await start({ domain: 'from.file' }, '--address', 'nowhere');
    assert.equal(await flagged.exitCode(), 2);
    assert.match(flagged.stderr, /address: “nowhere” is not an IPv4 address/);
  });
});
