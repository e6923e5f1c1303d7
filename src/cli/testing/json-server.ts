import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ServedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** Base URL of this server. */
  readonly base: string;
}

export interface ServedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, unless it is a string. */
  readonly body?: unknown;
  /** Cut the connection instead of answering. */
  readonly cut?: boolean;
}

export interface JsonServer extends AsyncDisposable {
  readonly url: string;
  /** `METHOD /path?query` of everything that was asked. */
  readonly requests: readonly string[];
}

export type Answerer = (request: ServedRequest) => ServedAnswer | Promise<ServedAnswer>;

/** A real HTTP server on an ephemeral port of loopback, for the length of a test. */
export async function serveJson(answer: Answerer): Promise<JsonServer> {
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = 'GET', url = '/', headers } = request;
    requests.push(`${method} ${url}`);
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    const base = `http://${headers.host}`;
    const body = Buffer.concat(chunks);
    const made = await answer({ method, path: pathname, query: searchParams, headers, body, base });
    if (made.cut) {
      request.socket.destroy();
      return;
    }
    const text = typeof made.body === 'string' ? made.body : JSON.stringify(made.body ?? {});
    response.writeHead(made.status ?? 200, { 'content-type': 'application/json', ...made.headers });
    response.end(made.status === 204 ? undefined : text);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(done => server.close(done));
    },
  };
}
