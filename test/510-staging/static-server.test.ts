import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, realpath, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';

interface Settings {
  readonly root: string;
  readonly pushstate: boolean;
}

const PATH = join(import.meta.dirname, '../../buildpacks/staticfile/lib/server.mjs');
const { createStaticServer } = (await import(PATH)) as {
  createStaticServer: (settings: Settings) => Server;
};

const MODIFIED = new Date('2024-01-02T03:04:05Z');
let base = '';
let port = 0;
const servers: Server[] = [];

async function serve(pushstate: boolean): Promise<number> {
  const server = createStaticServer({ root: join(base, 'site'), pushstate });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

before(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'sprue-static-')));
  await mkdir(join(base, 'site/docs/a b'), { recursive: true });
  await mkdir(join(base, 'site/.well-known'));
  await mkdir(join(base, 'site/.git'));
  await mkdir(join(base, 'site/empty'));
  for (const [path, content] of Object.entries({
    secret: 'secret',
    'site/index.html': '<p>start</p>',
    'site/404.html': '<p>lost</p>',
    'site/docs/index.html': '<p>docs</p>',
    'site/docs/a b/ü.txt': 'umlaut',
    'site/.env': 'secret',
    'site/.git/index.html': 'secret',
    'site/.well-known/x': 'known',
    'site/Staticfile': 'secret',
    'site/app.mjs': 'export {}',
    'site/data.unknown': 'data',
  })) {
    await writeFile(join(base, path), content);
  }
  await utimes(join(base, 'site/index.html'), MODIFIED, MODIFIED);
  await symlink('../secret', join(base, 'site/link'));
  await symlink('docs', join(base, 'site/inner'));
  port = await serve(false);
});

after(async () => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  await rm(base, { recursive: true });
});

/** Sends a request target exactly as it is; fetch would tidy it up. */
async function ask(target: string, { method = 'GET', headers = '', to = port } = {}) {
  const socket = connect(to, '127.0.0.1');
  socket.write(`${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`);
  const answer = await text(socket);
  const [head = '', body = ''] = answer.split(/\r\n\r\n(.*)/s);
  const field = (name: string) => new RegExp(`^${name}: (.*)\r?$`, 'im').exec(head)?.[1];
  return { status: Number(head.slice(9, 12)), body, field };
}

test('static server: files, folders, content types', async () => {
  const start = await ask('/');
  assert.deepEqual([start.status, start.body], [200, '<p>start</p>']);
  assert.equal(start.field('Content-Type'), 'text/html; charset=utf-8');
  assert.equal(start.field('Content-Length'), '12');
  assert.equal((await ask('/app.mjs')).field('Content-Type'), 'text/javascript; charset=utf-8');
  assert.equal((await ask('/data.unknown')).field('Content-Type'), 'application/octet-stream');
  assert.equal((await ask('/docs/a%20b/%C3%BC.txt?x=1')).body, 'umlaut');
  assert.equal((await ask('/inner/')).body, '<p>docs</p>');
  assert.equal((await ask('/.well-known/x')).body, 'known');
});

test('static server: HEAD has the fields of GET and no body', async () => {
  const { status, body, field } = await ask('/', { method: 'HEAD' });
  assert.deepEqual([status, body, field('Content-Length')], [200, '', '12']);
});

test('static server: a folder without its slash is redirected, never to another host', async () => {
  assert.equal((await ask('/docs?q=1')).field('Location'), '/docs/?q=1');
  assert.equal((await ask('//docs')).field('Location'), '/docs/');
  assert.equal((await ask('//docs//a%20b')).field('Location'), '/docs/a%20b/');
});

test('static server: unchanged files are not sent again', async () => {
  const etag = (await ask('/')).field('ETag') ?? '';
  const modified = (await ask('/')).field('Last-Modified') ?? '';
  assert.equal(modified, MODIFIED.toUTCString());
  for (const [headers, status] of [
    [`If-None-Match: "x", W/${etag}\r\n`, 304],
    ['If-None-Match: *\r\n', 304],
    [`If-None-Match: "x"\r\nIf-Modified-Since: ${modified}\r\n`, 200],
    [`If-Modified-Since: ${modified}\r\n`, 304],
    ['If-Modified-Since: Mon, 01 Jan 2024 00:00:00 GMT\r\n', 200],
    ['If-Modified-Since: nonsense\r\n', 200],
  ] as const) {
    assert.equal((await ask('/', { headers })).status, status, headers);
  }
});

for (const target of [
  '/none',
  '/link',
  '/.env',
  '/.git/',
  '/.git',
  '/Staticfile',
  '/empty/',
  '/docs/index.html/',
]) {
  test(`static server: ${target} is not found, and says so with the site’s page`, async () => {
    const { status, body } = await ask(target);
    assert.deepEqual([status, body], [404, '<p>lost</p>']);
  });
}

for (const target of [
  '/../secret',
  '/docs/../../secret',
  '/%2e%2e/secret',
  '/..%2fsecret',
  '/docs/..%5c..%5csecret',
  '/%00',
  '/%zz',
  'secret',
  'http://x/../secret',
]) {
  test(`static server: ${target} is refused`, async () => {
    const { status, body } = await ask(target);
    assert.ok(status >= 400 && status < 500, String(status));
    assert.doesNotMatch(body, /secret/);
  });
}

test('static server: other methods are refused', async () => {
  const { status, field } = await ask('/', { method: 'DELETE' });
  assert.deepEqual([status, field('Allow')], [405, 'GET, HEAD']);
});

test('static server: pushstate answers unknown paths with the start page', async () => {
  const to = await serve(true);
  assert.deepEqual((await ask('/users/7', { to })).body, '<p>start</p>');
  assert.deepEqual((await ask('/users/', { to })).body, '<p>start</p>');
  assert.equal((await ask('/docs/', { to })).body, '<p>docs</p>');
});
