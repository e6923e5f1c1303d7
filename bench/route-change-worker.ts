/** Runs beside the platform: maps and unmaps a route through the API and times until the router obeys. */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const [stateDir = '', domain = '', rounds = '0'] = process.argv.slice(2);
const { adminUser, adminPassword } = JSON.parse(
  readFileSync(join(stateDir, 'credentials.json'), 'utf8'),
);
const api = `api.${domain}`;

interface Answer {
  readonly status: number;
  readonly body: string;
}

const { access_token: token } = await json('POST', '/oauth/token', {
  type: 'application/x-www-form-urlencoded',
  authorization: `Basic ${Buffer.from('cf:').toString('base64')}`,
  body: new URLSearchParams({
    grant_type: 'password',
    username: adminUser,
    password: adminPassword,
  }).toString(),
});
const authorization = `bearer ${token}`;
const [app] = (await json('GET', '/v3/apps?names=bench-1', { authorization })).resources;
const [home] = (await json('GET', `/v3/domains?names=${domain}`, { authorization })).resources;
const route = await json('POST', '/v3/routes', {
  authorization,
  body: JSON.stringify({
    host: 'changing',
    relationships: { space: app.relationships.space, domain: { data: { guid: home.guid } } },
  }),
});

const timesMs: number[] = [];
for (let round = 0; round < Number(rounds); round++) {
  timesMs.push(
    await timed(map, status => status === 200),
    await timed(unmap, status => status === 404),
  );
}
console.log(JSON.stringify(timesMs));

/** From the API's answer until the router serves accordingly. */
async function timed(
  change: () => Promise<void>,
  reached: (status: number) => boolean,
): Promise<number> {
  await change();
  const startedMs = performance.now();
  while (!reached((await send('GET', '/', { host: `changing.${domain}` })).status)) {
    if (performance.now() - startedMs > 10_000)
      throw new Error('the route change had no effect in 10 s');
    await delay(1);
  }
  return performance.now() - startedMs;
}

async function map(): Promise<void> {
  const body = JSON.stringify({ destinations: [{ app: { guid: app.guid } }] });
  await json('POST', `/v3/routes/${route.guid}/destinations`, { authorization, body });
}

async function unmap(): Promise<void> {
  const { destinations } = await json('GET', `/v3/routes/${route.guid}`, { authorization });
  for (const { guid } of destinations) {
    await send('DELETE', `/v3/routes/${route.guid}/destinations/${guid}`, { authorization });
  }
}

// biome-ignore lint/suspicious/noExplicitAny: answers of an API that has its own tests
async function json(method: string, path: string, options: SendOptions): Promise<any> {
  const { status, body } = await send(method, path, options);
  if (status >= 400) throw new Error(`${method} ${path}: ${status} ${body}`);
  return JSON.parse(body);
}

interface SendOptions {
  readonly host?: string;
  readonly authorization?: string;
  readonly type?: string;
  readonly body?: string;
}

function send(method: string, path: string, options: SendOptions): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers = {
    host: options.host ?? api,
    ...(options.authorization && { authorization: options.authorization }),
    ...(options.body !== undefined && { 'content-type': options.type ?? 'application/json' }),
  };
  const outgoing = request({ host: '127.0.0.1', port: 80, method, path, headers }, incoming => {
    let body = '';
    incoming.setEncoding('utf8');
    incoming.on('data', chunk => {
      body += chunk;
    });
    incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body }));
  });
  outgoing.on('error', reject);
  outgoing.end(options.body);
  return promise;
}
