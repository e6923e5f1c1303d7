import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { SprueError } from '../core/errors.ts';
import { poll } from '../core/wait.ts';
import { which } from '../exec/which.ts';
import type { Credentials } from './credentials.ts';
import { KeptProcess } from './kept-process.ts';
import { canConnect } from './tcp-probe.ts';

export interface NatsServerOptions {
  /** Folder for configuration, data and log. */
  readonly dir: string;
  readonly port: number;
  readonly credentials: Credentials['nats'];
}

/** What a router may do on the bus: gorouter's subjects, its own presence, and answers. */
const ROUTER_PERMISSIONS = `{
      publish: ["router.start", "sprue.router.>", "_INBOX.>"]
      subscribe: ["router.*", "_INBOX.>"]
      allow_responses: true
    }`;

/** Blobs are streamed in 128 KiB chunks; the runtime's limit keeps their traffic from staying resident. */
const ENVIRONMENT = { GOMEMLIMIT: '64MiB', GOGC: '50' };

/** nats-server's configuration file: loopback only, one user per role, JetStream on disk. */
export function natsServerConfig({ dir, port, credentials }: NatsServerOptions): string {
  return `server_name: sprue
listen: 127.0.0.1:${port}
max_payload: 1MB
write_deadline: "10s"
jetstream {
  store_dir: ${JSON.stringify(join(dir, 'data'))}
  max_memory_store: 16MB
  max_file_store: 20GB
}
authorization {
  users = [
    { user: platform, password: ${JSON.stringify(credentials.platform)} }
    { user: router, password: ${JSON.stringify(credentials.router)}, permissions: ${ROUTER_PERMISSIONS} }
  ]
}
`;
}

/** The platform's nats-server: adopted when it still runs, started otherwise. */
export class NatsServer {
  readonly #process: KeptProcess;
  readonly #port: number;
  readonly #logFile: string;

  private constructor(process: KeptProcess, port: number, logFile: string) {
    this.#process = process;
    this.#port = port;
    this.#logFile = logFile;
  }

  /** @throws SprueError `COMMAND_MISSING`, `NATS_NOT_STARTED` */
  static async keep(options: NatsServerOptions): Promise<NatsServer> {
    const config = natsServerConfig(options);
    const configFile = join(options.dir, 'nats-server.conf');
    await writeFile(configFile, config, { mode: 0o600 });
    const logFile = join(options.dir, 'nats-server.log');
    const kept = new KeptProcess({
      argv: [which('nats-server') ?? 'nats-server', '--config', configFile],
      recordFile: natsRecordFile(options.dir),
      logFile,
      fingerprint: config,
      env: ENVIRONMENT,
    });
    const server = new NatsServer(kept, options.port, logFile);
    if (!(await kept.adopt())) await server.restart();
    return server;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get alive(): boolean {
    return this.#process.alive;
  }

  async restart(): Promise<void> {
    await this.#process.start();
    const ready = await poll(
      async () => ((await canConnect('127.0.0.1', this.#port)) ? true : undefined),
      {
        intervalMs: 20,
        timeoutMs: 10_000,
      },
    );
    if (!ready) throw new SprueError('NATS_NOT_STARTED', { log: this.#logFile });
  }
}

export function natsRecordFile(dir: string): string {
  return join(dir, 'nats-server.json');
}

/** First port tried; 4222 is left to a NATS of the machine's own, and the ports of outgoing connections start higher. */
const FIRST_PORT = 4322;

/** A loopback port that nobody listens on. @throws SprueError `NATS_NO_PORT` */
export async function freeNatsPort(): Promise<number> {
  for (let port = FIRST_PORT; port < FIRST_PORT + 100; port++) {
    if (await isFree(port)) return port;
  }
  throw new SprueError('NATS_NO_PORT', { first: FIRST_PORT, last: FIRST_PORT + 99 });
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  server.once('error', () => resolve(false));
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  return promise;
}
