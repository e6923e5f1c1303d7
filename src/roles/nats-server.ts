import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { SprueError } from '../core/errors.ts';
import { poll } from '../core/wait.ts';
import { which } from '../exec/which.ts';
import { KeptProcess, type KeptProcessOptions, stopRecordedProcess } from './kept-process.ts';
import { formatNatsConfig, type NatsConfig } from './nats-config.ts';
import { canConnect } from './tcp-probe.ts';

/** Blobs are streamed in 128 KiB chunks; the runtime's limit keeps their traffic from staying resident. */
const ENVIRONMENT = { GOMEMLIMIT: '64MiB', GOGC: '50' };

const STOP_GRACE_MS = 10_000;

/** Writes the configuration. @returns how to start the server with it. */
export async function prepareNatsServer(options: NatsConfig): Promise<KeptProcessOptions> {
  const config = formatNatsConfig(options);
  const configFile = join(options.dir, 'nats-server.conf');
  await writeFile(configFile, config, { mode: 0o600 });
  return {
    argv: [which('nats-server') ?? 'nats-server', '--config', configFile],
    recordFile: natsRecordFile(options.dir),
    logFile: join(options.dir, 'nats-server.log'),
    fingerprint: config,
    env: ENVIRONMENT,
  };
}

/** The platform's nats-server: adopted when it still runs, started otherwise. */
export class NatsServer {
  readonly #process: KeptProcess;
  readonly #config: NatsConfig;
  readonly #logFile: string;

  private constructor(process: KeptProcess, config: NatsConfig, logFile: string) {
    this.#process = process;
    this.#config = config;
    this.#logFile = logFile;
  }

  /**
   * One with another configuration is replaced; clients reconnect by themselves.
   * @throws SprueError `COMMAND_MISSING`, `NATS_NOT_STARTED`
   */
  static async keep(options: NatsConfig): Promise<NatsServer> {
    const process = await prepareNatsServer(options);
    const kept = new KeptProcess(process);
    const server = new NatsServer(kept, options, process.logFile);
    if (await kept.adopt()) return server;
    await stopRecordedProcess(process.recordFile, STOP_GRACE_MS);
    await server.restart();
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
    const { host, port } = this.#config;
    const ready = await poll(async () => ((await canConnect(host, port)) ? true : undefined), {
      intervalMs: 20,
      timeoutMs: 10_000,
    });
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
