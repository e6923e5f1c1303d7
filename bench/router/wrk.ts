import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface LoadOptions {
  /** Namespace to run in, as in `ip netns`; default: this one. */
  readonly netns?: string;
  /** Default 127.0.0.1. */
  readonly address?: string;
  readonly port: number;
  readonly appHost: string;
  readonly core: number;
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What a browser sends, more or less: the cost of a request is mostly its head. */
const FIELDS = [
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'Accept-Language: en-US,en;q=0.5',
  'Accept-Encoding: gzip, deflate, br',
  'Cookie: session=8f14e45fceea167a5a36dedd4bea2543',
];

/** Keep-alive load with wrk. @throws when a request failed */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const { netns, address = '127.0.0.1' } = options;
  const enter = netns === undefined ? [] : ['nsenter', `--net=/run/netns/${netns}`];
  const argv = ['-c', `${options.core}`, ...enter, 'wrk', '-t1', `-c${options.connections}`];
  argv.push(`-d${options.seconds}s`, '--latency', '-H', `Host: ${options.appHost}`);
  for (const field of FIELDS) argv.push('-H', field);
  argv.push(`http://${address}:${options.port}/hello`);
  const { stdout } = await promisify(execFile)('taskset', argv);
  const errors = /Non-2xx.*|Socket errors.*/.exec(stdout)?.[0];
  if (errors !== undefined) throw new Error(`load on port ${options.port}: ${errors}`);
  return {
    requests: Number(/(\d+) requests in/.exec(stdout)?.[1]),
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p50Ms: latency(stdout, '50%'),
    p99Ms: latency(stdout, '99%'),
  };
}

const UNIT_MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 };

function latency(stdout: string, percentile: string): number {
  const match = new RegExp(`${percentile}\\s+([\\d.]+)(us|ms|s)`).exec(stdout);
  return Number(match?.[1]) * (UNIT_MS[match?.[2] ?? ''] ?? Number.NaN);
}
