import { timingSafeEqual } from 'node:crypto';
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { reasonOf, SprueError } from '../../core/errors.ts';
import type { RouteTable } from '../table/route-table.ts';
import type { Health } from './health.ts';
import { dumpRoutes } from './routes-dump.ts';

export interface StatusServerOptions {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** Basic authentication of everything but health. */
  readonly user: string;
  readonly password: string;
  readonly health: Health;
  readonly table: RouteTable;
  /** Prometheus text. */
  readonly metrics: () => string;
  /** The legacy `/varz`. */
  readonly varz: () => object;
}

/**
 * Health for load balancers; routes and figures for the operator, from this machine only. Node's
 * HTTP server costs 6 MB, so it is loaded when the first client comes.
 */
export class StatusServer implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = (server.address() as AddressInfo).port;
  }

  /** @throws SprueError `LISTEN_FAILED` */
  static async listen(options: StatusServerOptions): Promise<StatusServer> {
    const { host, port } = options;
    const sockets = new Set<Socket>();
    let http: Promise<HttpServer> | undefined;
    const server = createServer(socket => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      socket.on('error', () => {}); // a client that leaves early
      http ??= createHttpServer(options);
      http.then(each => each.emit('connection', socket));
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject);
    server.listen({ host, port }, resolve);
    try {
      await promise;
    } catch (cause) {
      const details = { address: `${host}:${port}`, reason: reasonOf(cause) };
      throw new SprueError('LISTEN_FAILED', details, { cause });
    }
    return new StatusServer(server, sockets);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise(resolve => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

async function createHttpServer(options: StatusServerOptions): Promise<HttpServer> {
  const http = await import('node:http');
  return http.createServer((request, response) => answer(options, request, response));
}

function answer(
  options: StatusServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const path = request.url?.split('?')[0];
  switch (path) {
    case '/health':
      return sendHealth(response, options.health.serving);
    case '/is-process-alive-do-not-use-for-loadbalancing':
      return sendHealth(response, true);
    case '/metrics':
      if (!isLocal(request)) return send(response, 403, 'Only from this machine.\n');
      response.setHeader('Content-Type', 'text/plain; version=0.0.4; charset=utf-8');
      return send(response, 200, options.metrics());
    case '/routes':
    case '/varz':
      if (!isLocal(request)) return send(response, 403, 'Only from this machine.\n');
      if (!isAuthorised(request, options)) return challenge(response);
      response.setHeader('Content-Type', 'application/json');
      if (path === '/varz') return send(response, 200, JSON.stringify(options.varz()));
      Readable.from(dumpRoutes(options.table.pools())).pipe(response);
      return;
    default:
      return send(response, 404, 'Not found.\n');
  }
}

/** Load balancers compare these headers and this body (gorouter's). */
function sendHealth(response: ServerResponse, healthy: boolean): void {
  response.setHeader('Cache-Control', 'private, max-age=0');
  response.setHeader('Expires', '0');
  if (healthy) send(response, 200, 'ok\n');
  else send(response, 503, '');
}

function challenge(response: ServerResponse): void {
  response.setHeader('WWW-Authenticate', 'Basic realm="Restricted"');
  send(response, 401, '401 Unauthorized\n');
}

function send(response: ServerResponse, status: number, body: string): void {
  response.statusCode = status;
  response.end(body);
}

function isLocal(request: IncomingMessage): boolean {
  const address = request.socket.remoteAddress ?? '';
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

function isAuthorised(request: IncomingMessage, options: StatusServerOptions): boolean {
  const expected = Buffer.from(`${options.user}:${options.password}`);
  const given = Buffer.from(
    /^Basic +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '',
    'base64',
  );
  return expected.length === given.length && timingSafeEqual(expected, given);
}
