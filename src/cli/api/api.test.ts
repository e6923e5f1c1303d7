import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fakeToken } from '../testing/fake-token.ts';
import { type Answerer, type JsonServer, serveJson } from '../testing/json-server.ts';
import { HttpClient } from './http-client.ts';
import { isLocalhostName, lookupHost } from './lookup.ts';
import { RemoteError } from './remote-error.ts';
import { Rest, withQuery } from './rest.ts';
import { Session } from './session.ts';
import type { Tokens } from './tokens.ts';

interface Client extends AsyncDisposable {
  readonly server: JsonServer;
  readonly http: HttpClient;
  readonly session: Session;
  readonly rest: Rest;
  readonly saved: Tokens[];
}

async function connect(answer: Answerer, options: { expiresInSec?: number } = {}): Promise<Client> {
  const server = await serveJson(answer);
  const http = new HttpClient({ baseUrl: server.url });
  const saved: Tokens[] = [];
  const accessToken = fakeToken({ expiresInSec: options.expiresInSec ?? 600 });
  const target = { api: server.url, accessToken, refreshToken: 'refresh' };
  const save = async (tokens: Tokens): Promise<void> => void saved.push(tokens);
  const session = new Session({ http, target, save });
  return {
    server,
    http,
    session,
    rest: new Rest(session),
    saved,
    async [Symbol.asyncDispose]() {
      http.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe('HttpClient', () => {
  test('repeats a GET that a restart on the other side spoilt', async () => {
    const spoilt = [{ status: 503 }, { cut: true }, { body: { fine: true } }];
    await using client = await connect(() => spoilt.shift() ?? {});
    const answer = await client.http.send({ path: '/x' });
    assert.deepEqual(JSON.parse(answer.text), { fine: true });
    assert.equal(client.server.requests.length, 3);
  });

  test('never repeats a POST that was answered', async () => {
    await using client = await connect(() => ({ status: 503 }));
    const answer = await client.http.send({ method: 'POST', path: '/x', body: '{}' });
    assert.equal(answer.status, 503);
    assert.equal(client.server.requests.length, 1);
  });

  test('says that nothing listens', async () => {
    const http = new HttpClient({ baseUrl: 'http://127.0.0.1:1' });
    await assert.rejects(http.send({ path: '/' }), {
      code: 'API_UNREACHABLE',
      message: /nothing listens there/,
    });
  });

  test('gives up after its time', async () => {
    await using client = await connect(async () => {
      await new Promise(resolve => setTimeout(resolve, 300));
      return {};
    });
    const sent = client.http.send({ method: 'POST', path: '/slow', timeoutMs: 50 });
    await assert.rejects(sent, { code: 'API_TIMED_OUT', message: /POST \/slow within 0.05 s/ });
  });

  test('ends with the signal', async () => {
    const controller = new AbortController();
    await using client = await connect(() => {
      controller.abort(new Error('enough'));
      return {};
    });
    await assert.rejects(client.http.send({ path: '/', signal: controller.signal }), /enough/);
  });

  test('repeats a POST on a connection that the server had just closed', async () => {
    const { createServer } = await import('node:net');
    const seen: number[] = [];
    const server = createServer(socket => {
      let requests = 0;
      socket.on('error', () => {});
      socket.on('data', () => {
        seen.push(++requests);
        if (requests === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
        else socket.resetAndDestroy();
      });
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const http = new HttpClient({ baseUrl: `http://127.0.0.1:${port}` });
    try {
      await http.send({ method: 'POST', path: '/', body: '1' });
      await new Promise(resolve => setImmediate(resolve));
      assert.equal((await http.send({ method: 'POST', path: '/', body: '2' })).status, 200);
      assert.deepEqual(seen, [1, 2, 1]);
    } finally {
      http.close();
      await new Promise(done => server.close(done));
    }
  });

  test('says that an upload was cut, and does not send it again', async () => {
    const { createServer } = await import('node:net');
    const { Readable } = await import('node:stream');
    let connections = 0;
    const server = createServer(socket => {
      connections += 1;
      socket.on('error', () => {});
      socket.once('data', () => setTimeout(() => socket.resetAndDestroy(), 20));
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const http = new HttpClient({ baseUrl: `http://127.0.0.1:${port}` });
    const chunk = Buffer.alloc(2 ** 20);
    const open = () => Readable.from(Array.from({ length: 64 }, () => chunk));
    try {
      const body = { lengthBytes: 64 * 2 ** 20, open };
      await assert.rejects(http.send({ method: 'POST', path: '/', body }), {
        code: 'API_UNREACHABLE',
      });
      assert.equal(connections, 1);
    } finally {
      http.close();
      await new Promise(done => server.close(done));
    }
  });

  test('takes the answer of a server that does not read a whole upload', async () => {
    const { createServer } = await import('node:http');
    const { Readable } = await import('node:stream');
    const server = createServer((_request, response) => {
      response.writeHead(413, { connection: 'close' }).end('{"errors":[]}');
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const http = new HttpClient({ baseUrl: `http://127.0.0.1:${port}` });
    const lengthBytes = 32 * 2 ** 20;
    const chunk = Buffer.alloc(2 ** 20);
    const open = () => Readable.from(Array.from({ length: 32 }, () => chunk));
    try {
      const answer = await http.send({ method: 'POST', path: '/', body: { lengthBytes, open } });
      assert.equal(answer.status, 413);
    } finally {
      http.close();
      server.closeAllConnections();
      await new Promise(done => server.close(done));
    }
  });
});

describe('lookupHost', () => {
  test('knows localhost and everything below it', () => {
    for (const name of ['localhost', 'api.sprue.localhost', 'A.B.LOCALHOST.']) {
      assert.equal(isLocalhostName(name), true, name);
    }
    for (const name of ['notlocalhost', 'localhost.example.com', '']) {
      assert.equal(isLocalhostName(name), false, name);
    }
  });
  test('answers in both forms that node asks for', async () => {
    const one = Promise.withResolvers<unknown>();
    lookupHost('api.sprue.localhost', {}, (_error, address) => one.resolve(address));
    assert.equal(await one.promise, '127.0.0.1');
    const all = Promise.withResolvers<unknown>();
    lookupHost('api.sprue.localhost', { all: true }, (_error, address) => all.resolve(address));
    assert.deepEqual(await all.promise, [{ address: '127.0.0.1', family: 4 }]);
  });
});

describe('Session', () => {
  const fresh = fakeToken({ expiresInSec: 600, name: 'fresh' });

  test('replaces a token that is about to end before using it, once for all', async () => {
    const used: unknown[] = [];
    await using client = await connect(
      ({ path, headers }) => {
        if (path === '/oauth/token') return { body: { access_token: fresh, refresh_token: 'r2' } };
        used.push(headers.authorization);
        return { body: {} };
      },
      { expiresInSec: 30 },
    );
    await Promise.all([client.rest.get('/v3/a'), client.rest.get('/v3/b')]);
    assert.deepEqual(used, [`bearer ${fresh}`, `bearer ${fresh}`]);
    assert.equal(client.server.requests.filter(line => line.includes('/oauth/token')).length, 1);
    assert.deepEqual(client.saved, [{ accessToken: fresh, refreshToken: 'r2' }]);
  });

  test('asks for a new token when the API refuses one, and repeats the request', async () => {
    await using client = await connect(({ path, headers }) => {
      if (path === '/oauth/token') return { body: { access_token: fresh, refresh_token: 'r2' } };
      return headers.authorization === `bearer ${fresh}`
        ? { body: { fine: true } }
        : { status: 401 };
    });
    assert.deepEqual(await client.rest.post('/v3/x', { a: 1 }), { fine: true });
  });

  test('says that one has to log in when the refresh token is refused too', async () => {
    await using client = await connect(({ path }) => ({
      status: 401,
      body: path === '/oauth/token' ? { error: 'invalid_token' } : {},
    }));
    await assert.rejects(client.rest.get('/v3/x'), { code: 'NOT_LOGGED_IN' });
  });
});

describe('Rest', () => {
  test('follows all pages of a list', async () => {
    await using client = await connect(({ query, base }) => {
      const page = Number(query.get('page') ?? '1');
      const next = page < 3 ? { href: `${base}/v3/apps?page=${page + 1}` } : null;
      return { body: { pagination: { next }, resources: [{ page }] } };
    });
    assert.deepEqual(await client.rest.list('/v3/apps'), [{ page: 1 }, { page: 2 }, { page: 3 }]);
  });

  test('writes a comma within a name so that it does not separate names', () => {
    const query = new URL(withQuery('/v3/apps', { names: ['a,b', 'c'] }), 'http://x').searchParams;
    assert.equal(query.get('names'), 'a%2Cb,c');
  });

  test('follows the path of a job, not its host', async () => {
    await using client = await connect(() => ({
      status: 202,
      headers: { location: 'https://elsewhere.example.com/v3/jobs/1?x=y' },
    }));
    assert.equal(await client.rest.delete('/v3/apps/1'), '/v3/jobs/1?x=y');
  });

  const errors = [
    [404, undefined, 'NO_SUCH', 3],
    [403, undefined, 'API_FORBIDDEN', 4],
    [422, undefined, 'API_REJECTED', 1],
    [500, undefined, 'API_FAILED', 1],
    [422, { code: 'INVALID_SIZE', next: 'Write a unit.' }, 'INVALID_SIZE', 2],
    [422, { code: 'CODE_OF_THE_FUTURE', next: '' }, 'API_REJECTED', 1],
  ] as const;
  for (const [status, sprue, code, exit] of errors) {
    test(`status ${status}${sprue ? ` with ${sprue.code}` : ''} is ${code}, exit ${exit}`, async () => {
      const detail = 'It went wrong: {braces} stay.';
      await using client = await connect(() => ({
        status,
        body: { errors: [{ code: 1, title: 'CF-X', detail, ...(sprue && { sprue }) }] },
      }));
      const thrown: unknown = await client.rest.post('/v3/x').catch((error: unknown) => error);
      assert.ok(thrown instanceof Error && 'code' in thrown && 'entry' in thrown);
      assert.equal(thrown.code, code);
      assert.equal((thrown.entry as { exit: number }).exit, exit);
      assert.match(thrown.message, /It went wrong: \{braces\} stay\./);
      if (sprue && thrown instanceof RemoteError && code === sprue.code)
        assert.equal(thrown.next, sprue.next);
    });
  }

  test('knows an answer of the router from one of the API', async () => {
    await using client = await connect(() => ({
      status: 404,
      headers: { 'x-cf-routererror': 'unknown_route' },
      body: '404 Not Found',
    }));
    await assert.rejects(client.rest.get('/v3/x'), {
      code: 'API_UNREACHABLE',
      message: /no controller/,
    });
  });
});
