import { Agent, get } from 'node:http';

/** Usage: lab-load-worker.ts ADDRESS HOST. Ends when its standard input does; prints what became of it. */
const [address = '', host = ''] = process.argv.slice(2);
const INTERVAL_MS = 100;
const TIMEOUT_MS = 15_000;

const agent = new Agent({ keepAlive: true, maxSockets: 8 });
const samples: string[] = [];
let ok = 0;
let failed = 0;
let longestMs = 0;
let underWay = 0;
let ended = false;

const timer = setInterval(send, INTERVAL_MS);
process.stdin.on('end', () => {
  clearInterval(timer);
  ended = true;
  finish();
});
process.stdin.resume();

function send(): void {
  const startedMs = performance.now();
  underWay++;
  const settle = (problem: string | undefined): void => {
    longestMs = Math.max(longestMs, performance.now() - startedMs);
    if (problem === undefined) ok++;
    else if (failed++ < 5) samples.push(problem);
    underWay--;
    if (ended) finish();
  };
  const request = get(
    { host: address, headers: { host }, agent, timeout: TIMEOUT_MS },
    response => {
      response.resume();
      response.once('end', () =>
        settle(response.statusCode === 200 ? undefined : `status ${response.statusCode}`),
      );
    },
  );
  request.once('timeout', () => request.destroy(new Error('no answer in time')));
  request.once('error', error => settle(error.message));
}

function finish(): void {
  if (underWay > 0) return;
  process.stdout.write(JSON.stringify({ ok, failed, longestMs: Math.round(longestMs), samples }));
  process.exit(0);
}
