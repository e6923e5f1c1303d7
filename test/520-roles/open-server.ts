import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bus } from '../../src/bus/bus.ts';
import { silentLog } from '../../src/core/log.ts';
import { poll } from '../../src/core/wait.ts';
import { formatNatsConfig } from '../../src/roles/nats-config.ts';
import { type NatsRole, natsUserName } from '../../src/roles/nats-permissions.ts';

/** A real nats-server with the users of all roles, as `formatNatsConfig` makes them. */
export class RoleServer implements AsyncDisposable {
  readonly port: number;
  readonly #dir: string;
  readonly #child: ChildProcess;
  readonly #open: Bus[] = [];

  private constructor(port: number, dir: string, child: ChildProcess) {
    this.port = port;
    this.#dir = dir;
    this.#child = child;
  }

  static async start(roles: readonly NatsRole[]): Promise<RoleServer> {
    const dir = await mkdtemp(join(tmpdir(), 'sprue-roles-'));
    const port = await freePort();
    const users = roles.map(role => ({ role, password: passwordOf(role) }));
    const file = join(dir, 'nats-server.conf');
    await writeFile(file, formatNatsConfig({ dir, host: '127.0.0.1', port, users }));
    const argv = ['--pdeathsig', 'KILL', '--', 'nats-server', '--config', file];
    const child = spawn('setpriv', argv, { stdio: 'ignore' });
    const server = new RoleServer(port, dir, child);
    const ready = await poll(
      async () => {
        const bus = await server.#connect({ role: 'controller' }).catch(() => undefined);
        await bus?.close();
        return bus && true;
      },
      { intervalMs: 20, timeoutMs: 5_000 },
    );
    if (!ready) throw new Error('nats-server did not start');
    return server;
  }

  async connect(role: NatsRole): Promise<Bus> {
    const bus = await this.#connect(role);
    this.#open.push(bus);
    return bus;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#open.map(bus => bus.close()));
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
    await rm(this.#dir, { recursive: true, force: true });
  }

  #connect(role: NatsRole): Promise<Bus> {
    return Bus.connect({
      servers: [`127.0.0.1:${this.port}`],
      user: natsUserName(role),
      password: passwordOf(role),
      name: natsUserName(role),
      log: silentLog,
      connectTimeoutMs: 1_000,
    });
  }
}

function passwordOf(role: NatsRole): string {
  return `secret of ${natsUserName(role)}`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
