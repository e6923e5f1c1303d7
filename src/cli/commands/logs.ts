import { setTimeout as delay } from 'node:timers/promises';
import { EXIT } from '../../core/error-table.ts';
import type { Api } from '../api/api.ts';
import type { LogLine } from '../api/logs-api.ts';
import type { Invocation } from '../command-spec.ts';
import type { CliContext } from '../context.ts';
import { findApp } from '../find-app.ts';
import { formatLogLine, logLineAsJson } from '../logs/format-log-line.ts';
import { followLogs } from '../logs/log-follower.ts';
import { isPassing } from '../poll-patiently.ts';

const RECENT_LINES = 1_000;
const TAIL_LINES = 10;
const RETRY_MS = 1_000;
const MAX_FAILURES = 30;

export async function run({ args, options, context }: Invocation): Promise<number> {
  const app = await findApp(context, args[0] ?? '');
  const api = await context.api();
  const recent = options.flag('recent');
  const prefix = options.text('source') ?? '';
  const limit = options.integer('lines') ?? (recent ? RECENT_LINES : TAIL_LINES);
  const print = (lines: readonly LogLine[]): void => {
    for (const line of lines) if (line.source.startsWith(prefix)) printLine(line, context);
  };
  const { signal } = context;
  const first =
    limit === 0 && recent
      ? []
      : await api.logs.read(app.guid, { limit: Math.max(1, limit), newest: true, signal });
  print(limit === 0 ? [] : first);
  if (recent && !options.flag('follow')) return EXIT.ok;
  await follow(api, app.guid, first.at(-1)?.timestampNs ?? 0n, print, context);
  return EXIT.ok;
}

/** Goes on until Ctrl-C, which is the usual end and no failure. A restart of the platform is waited for. */
async function follow(
  api: Api,
  appGuid: string,
  afterNs: bigint,
  print: (lines: readonly LogLine[]) => void,
  context: CliContext,
): Promise<void> {
  const { signal } = context;
  let newestNs = afterNs;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const read = api.logs.read.bind(api.logs, appGuid);
      for await (const lines of followLogs(read, { afterNs: newestNs, signal })) {
        failures = 0;
        newestNs = lines.at(-1)?.timestampNs ?? newestNs;
        print(lines);
      }
    } catch (thrown) {
      if (signal.aborted) return;
      if (!isPassing(thrown) || ++failures > MAX_FAILURES) throw thrown;
      if (failures === 1) context.output.note('The log is interrupted; trying again …');
      await delay(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }
}

function printLine(line: LogLine, { output }: CliContext): void {
  if (output.json) output.line(JSON.stringify(logLineAsJson(line)));
  else output.line(formatLogLine(line, output.style));
}
