import { isIPv4 } from 'node:net';
import { EXIT } from '../../core/error-table.ts';
import { SprueError } from '../../core/errors.ts';
import type { HopTable } from '../../proto/hop-table.ts';
import { correlate } from '../../trace/correlate/correlate.ts';
import type { Invocation } from '../command-spec.ts';
import type { CliContext } from '../context.ts';
import type { OptionValues } from '../option-values.ts';
import { splitHeader } from '../split-header.ts';
import { renderTrace } from '../trace/render-trace.ts';
import { parseServer } from '../trace/resolve-name.ts';
import { HERE, type SendingPlace } from '../trace/sending-place.ts';
import { type TraceOptions, traceRequest } from '../trace/trace-request.ts';
import { parseTracedUrl } from '../trace/traced-url.ts';

const DEFAULT_TIMEOUT_S = 20;
/** When nobody says how wide the terminal is. */
const DEFAULT_WIDTH = 100;

/** Exit code 6 when the request was not served, or not as `--expect` says. */
export function run(invocation: Invocation): Promise<number> {
  return traceFrom(HERE, invocation);
}

/** `sprue trace` with the request sent from elsewhere. */
export async function traceFrom(
  place: SendingPlace,
  { args, options, context }: Invocation,
): Promise<number> {
  const { output } = context;
  const expected = options.integer('expect', 100);
  const request = { ...(await requestOf(args[0] ?? '', options, context)), place };
  const api = await context.api();
  const snapshot = await traceRequest(api.traces, request);
  const { url, method } = request;
  const shown = options.flag('showSecrets') ? url.full : url.shown;
  const table = correlate({ method, url: shown }, snapshot);
  if (output.json) output.value(table);
  else {
    const { style } = output;
    const sections = {
      raw: options.flag('raw'),
      explain: options.flag('explain'),
      figures: options.flag('figures'),
    };
    const width = output.width ?? DEFAULT_WIDTH;
    for (const line of renderTrace(table, { width, style, ...sections })) output.line(line);
  }
  return exitCodeOf(table, expected, context);
}

function exitCodeOf(
  { request, verdict }: HopTable,
  expected: number | undefined,
  { output }: CliContext,
): number {
  if (expected === undefined) return verdict.ok ? EXIT.ok : EXIT.unhealthy;
  if (request.status === expected) return EXIT.ok;
  output.note(`Expected status ${expected}, got ${request.status ?? 'no answer'}.`);
  return EXIT.unhealthy;
}

async function requestOf(
  text: string,
  options: OptionValues,
  context: CliContext,
): Promise<Omit<TraceOptions, 'place'>> {
  const target = await context.target();
  const body = options.text('data');
  const server = options.text('resolver') ?? context.env['SPRUE_RESOLVER'];
  const address = options.text('connectTo');
  if (address !== undefined && !isIPv4(address)) throw usage(`“${address}” is no IPv4 address`);
  return {
    url: parseTracedUrl(text, target.api),
    method: methodOf(options.text('method') ?? (body === undefined ? 'GET' : 'POST')),
    headers: options.list('header').map(header => splitHeader(header, 'trace')),
    body,
    ...(server && { server: parseServer(server) }),
    ...(address !== undefined && { address }),
    figures: options.flag('figures'),
    timeoutMs: (options.integer('timeout', 1) ?? DEFAULT_TIMEOUT_S) * 1000,
    signal: context.signal,
  };
}

function methodOf(text: string): string {
  const method = text.toUpperCase();
  if (!/^[A-Z]{1,20}$/.test(method)) throw usage(`“${text}” is no method`);
  return method;
}

function usage(reason: string): SprueError {
  return new SprueError('USAGE', { reason, command: 'trace' });
}
