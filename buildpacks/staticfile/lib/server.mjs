// The web server of a static site. Copied into the droplet, so it has no imports but Node's.
import { createReadStream, readFileSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

const CONTENT_TYPES = {
  '.avif': 'image/avif',
  '.css': 'text/css; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.gif': 'image/gif',
  '.htm': 'text/html; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.mp4': 'video/mp4',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webm': 'video/webm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.xml': 'application/xml',
};

/** Files that steer the platform and are no part of the site. */
const HIDDEN = new Set(['Staticfile', 'Procfile', 'manifest.yml', 'manifest.yaml']);

/** Errors of the file system that mean: there is no such page. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG']);

/** @param {{root: string, pushstate: boolean}} settings `root` is absolute, without symbolic links */
export function createStaticServer(settings) {
  return createServer((request, response) => {
    answer(settings, request, response).catch(error => {
      if (request.destroyed) return; // the client went away
      console.error(`${request.method} ${request.url}: ${error.message}`);
      if (response.headersSent) response.destroy();
      else sendText(response, 500, 'Internal Server Error');
    });
  });
}

async function answer(settings, request, response) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return sendText(response, 405, 'Method Not Allowed');
  }
  const [path, query] = request.url.split(/\?(.*)/s);
  const names = parsePath(path);
  if (names === undefined) return sendText(response, 400, 'Bad Request');
  const inFolder = path.endsWith('/');
  const page = await findPage(settings, inFolder ? [...names, 'index.html'] : names);
  if (page?.isFolder && !inFolder) {
    // Built from the parsed names: a path like //example.com must not lead to another host.
    const location = `/${names.map(encodeURIComponent).join('/')}/`;
    response.setHeader('Location', query === undefined ? location : `${location}?${query}`);
    return sendText(response, 301, 'Moved Permanently');
  }
  if (page !== undefined && !page.isFolder) return sendFile(request, response, 200, page);
  const notFound = await find(settings, ['404.html']);
  if (notFound?.isFolder === false) return sendFile(request, response, 404, notFound);
  return sendText(response, 404, 'Not Found');
}

/** The decoded names of a path, or undefined when it is malformed or tries to climb. */
function parsePath(path) {
  try {
    const names = path.split('/').map(decodeURIComponent);
    if (!path.startsWith('/') || names.some(name => /^\.\.?$|[/\\\0]/.test(name))) return undefined;
    return names.filter(name => name !== '');
  } catch {
    return undefined;
  }
}

async function findPage(settings, names) {
  const isHidden = names.some(name => name.startsWith('.') && name !== '.well-known');
  const found = isHidden || HIDDEN.has(names[0]) ? undefined : await find(settings, names);
  return found ?? (settings.pushstate ? find(settings, ['index.html']) : undefined);
}

/** What lies in the root under these names, also after every symbolic link is followed. */
async function find({ root }, names) {
  try {
    const path = await realpath(join(root, ...names));
    if (path !== root && !path.startsWith(root + sep)) return undefined;
    const stats = await stat(path);
    const isFolder = stats.isDirectory();
    return isFolder || stats.isFile() ? { path, stats, isFolder } : undefined;
  } catch (error) {
    if (ABSENT.has(error.code)) return undefined;
    throw error;
  }
}

async function sendFile(request, response, status, { path, stats }) {
  const etag = `"${stats.size.toString(36)}-${Math.floor(stats.mtimeMs).toString(36)}"`;
  response.setHeader('ETag', etag);
  response.setHeader('Last-Modified', stats.mtime.toUTCString());
  if (status === 200 && isFresh(request.headers, etag, stats.mtimeMs)) {
    response.writeHead(304).end();
    return;
  }
  response.writeHead(status, {
    'Content-Type': CONTENT_TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream',
    'Content-Length': stats.size,
    'X-Content-Type-Options': 'nosniff',
  });
  if (request.method === 'HEAD') response.end();
  else await pipeline(createReadStream(path), response);
}

/** RFC 9110 §13.2.2: If-None-Match decides alone when it is there. */
function isFresh(headers, etag, mtimeMs) {
  const known = headers['if-none-match'];
  if (known !== undefined) {
    return known.split(',').some(tag => ['*', etag].includes(tag.trim().replace(/^W\//, '')));
  }
  const since = Date.parse(headers['if-modified-since'] ?? '');
  return Math.floor(mtimeMs / 1000) * 1000 <= since;
}

function sendText(response, status, text) {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}

if (import.meta.main) {
  const settings = JSON.parse(readFileSync(join(import.meta.dirname, 'settings.json'), 'utf8'));
  const root = await realpath(settings.root);
  const server = createStaticServer({ ...settings, root });
  server.listen(Number(process.env.PORT), '0.0.0.0');
  process.once('SIGTERM', () => {
    server.close();
    server.closeIdleConnections();
  });
}
