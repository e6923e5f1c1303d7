/** The process behind `load.ts`: sends GETs until its standard input ends, then prints what happened. */
import { Agent, request } from 'node:http';
import type { LoadOptions, LoadResult } from './load.ts';

const {
  address,
  port,
  host,
  path = '/',
  connections,
  maxSeconds,
}: LoadOptions = JSON.parse(process.argv[2] ?? '');
const agent = new Agent({ keepAlive: true, maxSockets: connections });
const samples: string[] = [];
const bodies: Record<string, number> = {};
let requests = 0;
let failed = 0;
let stopping = false;

process.stdin.resume();
process.stdin.on('end', () => {
  stopping = true;
});
setTimeout(() => {
  stopping = true;
}, maxSeconds * 1000).unref();

await Promise.all(Array.from({ length: connections }, sendUntilStopped));
const result: LoadResult = { requests, failed, samples, bodies };
process.stdout.write(JSON.stringify(result), () => process.exit(0));

async function sendUntilStopped(): Promise<void> {
  while (!stopping) {
    requests++;
    const problem = await get();
    if (problem === undefined) continue;
    failed++;
    if (samples.length < 10) samples.push(`${new Date().toISOString()} ${problem}`);
  }
}

function get(): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const outgoing = request(
    { host: address, port, path, headers: { host }, agent, timeout: 20_000 },
    incoming => {
      let body = '';
      incoming.setEncoding('utf8');
      incoming.on('data', chunk => {
        body += chunk;
      });
      incoming.on('end', () => {
        const key = body.slice(0, 200);
        bodies[key] = (bodies[key] ?? 0) + 1;
        const error = incoming.headers['x-cf-routererror'] ?? '';
        resolve(
          incoming.statusCode === 200
            ? undefined
            : `${incoming.statusCode} ${error} ${body.slice(0, 80)}`,
        );
      });
      incoming.on('error', thrown => resolve(`body: ${thrown.message}`));
    },
  );
  outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in 20 s')));
  outgoing.on('error', thrown => resolve(thrown.message));
  outgoing.end();
  return promise;
}
