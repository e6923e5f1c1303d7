import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { silentLog } from '../../src/core/log.ts';
import { RouteTable } from '../../src/router/table/route-table.ts';
import type { AccessRecord } from '../../src/router/wire/access-record.ts';
import type { ProxyOptions } from '../../src/router/wire/proxy-options.ts';
import { ProxyServer } from '../../src/router/wire/proxy-server.ts';
import { eventually } from './eventually.ts';
import { registryMessage } from './registry-message.ts';

export const APP_HOST = 'app.test';

/**
 * What an origin does with one request: `body` came with the head, the rest is yet to come from
 * `socket`. A connection serves further requests only when that is nothing.
 */
export type OriginBehaviour = (socket: Socket, head: string, body: Buffer) => void;

/** A server that says exactly what its test wants, well-formed or not. */
export class Origin {
  readonly server: Server;
  readonly sockets = new Set<Socket>();
  /** Heads of all requests, in order. */
  readonly heads: string[] = [];
  connections = 0;

  constructor(behaviour: OriginBehaviour) {
    this.server = createServer({ allowHalfOpen: true }, socket => {
      this.connections++;
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => {});
      socket.on('end', () => socket.end());
      let text = '';
      const onData = (bytes: Buffer): void => {
        text += bytes.toString('latin1');
        const end = text.indexOf('\r\n\r\n');
        if (end < 0) return;
        const head = text.slice(0, end + 4);
        const rest = Buffer.from(text.slice(end + 4), 'latin1');
        text = '';
        this.heads.push(head);
        // What follows an upload's head is the behaviour's business.
        const length = Number(field(head, 'Content-Length'));
        if (length > rest.length || field(head, 'Transfer-Encoding') !== '') {
          socket.off('data', onData);
        }
        behaviour(socket, head, rest);
      };
      socket.on('data', onData);
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async listen(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  /** Like kill -9: nothing more is accepted, all connections are gone. */
  kill(): void {
    this.server.close();
    for (const socket of this.sockets) socket.resetAndDestroy();
  }
}

/** A router's data plane on a free port, without a bus. */
export class ProxyLab implements AsyncDisposable {
  readonly table = new RouteTable();
  readonly records: AccessRecord[] = [];
  readonly proxy: ProxyServer;
  port = 0;
  readonly #origins: Origin[] = [];
  readonly #clients: RawClient[] = [];

  private constructor(options: Partial<ProxyOptions>) {
    this.proxy = new ProxyServer({
      table: this.table,
      log: silentLog,
      accessLog: { write: record => void this.records.push(record) },
      options: { tickMs: 20, ...options },
    });
  }

  static async start(options: Partial<ProxyOptions> = {}): Promise<ProxyLab> {
    const lab = new ProxyLab(options);
    lab.port = await lab.proxy.listen({ host: '127.0.0.1', port: 0 });
    return lab;
  }

  /** Starts an origin and routes {@link APP_HOST} to it. */
  async origin(behaviour: OriginBehaviour): Promise<Origin> {
    const origin = await new Origin(behaviour).listen();
    this.#origins.push(origin);
    this.route(origin.port, this.#origins.length - 1);
    return origin;
  }

  route(port: number, index = 0): void {
    this.table.register(
      registryMessage({
        host: '127.0.0.1',
        port,
        uris: [APP_HOST],
        appGuid: 'app-guid',
        instanceId: `instance-${port}`,
        instanceIndex: String(index),
      }),
      Date.now(),
    );
  }

  client(): RawClient {
    const client = new RawClient(this.port);
    this.#clients.push(client);
    return client;
  }

  /** Sends these bytes on a connection of its own; the answer until the router closes. */
  async ask(request: string): Promise<string> {
    const client = this.client();
    client.send(request);
    await client.closed();
    return client.text;
  }

  async record(index = 0): Promise<AccessRecord> {
    await eventually(() => this.records.length > index);
    return this.records[index] as AccessRecord;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.socket.destroy();
    this.proxy.close();
    for (const origin of this.#origins) origin.kill();
    await eventually(() => this.proxy.counters.clientConnections === 0);
  }
}

/** A client that sends and sees raw bytes. */
export class RawClient {
  readonly socket: Socket;
  text = '';
  isClosed = false;
  hasEnded = false;
  error: NodeJS.ErrnoException | undefined;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.on('data', (bytes: Buffer) => {
      this.text += bytes.toString('latin1');
    });
    this.socket.on('error', error => {
      this.error = error;
    });
    this.socket.on('end', () => {
      this.hasEnded = true;
      this.socket.end();
    });
    this.socket.on('close', () => {
      this.isClosed = true;
    });
  }

  send(text: string | Buffer): void {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  }

  async closed(): Promise<void> {
    await eventually(() => this.isClosed);
  }

  /** Waits for text that `pattern` matches. */
  async sees(pattern: RegExp | string): Promise<void> {
    await eventually(() =>
      typeof pattern === 'string' ? this.text.includes(pattern) : pattern.test(this.text),
    );
  }
}

/** `GET` with `Connection: close` unless told otherwise. */
export function get(path = '/', fields = 'Connection: close\r\n'): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${APP_HOST}\r\n${fields}\r\n`;
}

export function answer(body: string, fields = ''): string {
  return `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** Status code of the first response in `text`. */
export function statusOf(text: string): number {
  return Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0);
}

export function bodyOf(text: string): string {
  return text.slice(text.indexOf('\r\n\r\n') + 4);
}

/** Value of a header field in a head, '' when it is not there. */
export function field(head: string, name: string): string {
  return new RegExp(`^${name}: *(.*?)\\r$`, 'im').exec(head)?.[1] ?? '';
}
