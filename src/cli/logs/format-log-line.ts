import type { LogLine } from '../api/logs-api.ts';
import { foreignText } from '../render/foreign-text.ts';
import type { Style } from '../render/style.ts';

/** As `cf logs` prints it: `2026-11-22T14:05:09.12+0100 [APP/PROC/WEB/0] OUT text`. */
export function formatLogLine(line: LogLine, style: Style): string {
  const time = new Date(Number(line.timestampNs / 1_000_000n));
  const tag = `[${line.source}/${line.instance}] ${line.type}`;
  const shownTag = line.type === 'ERR' ? style.bad(tag) : style.good(tag);
  return `${style.dim(localTimestamp(time))} ${shownTag} ${foreignText(line.text)}`;
}

export function logLineAsJson(line: LogLine): object {
  return {
    timestamp_ns: String(line.timestampNs),
    time: new Date(Number(line.timestampNs / 1_000_000n)).toISOString(),
    source: line.source,
    instance: line.instance,
    type: line.type,
    text: line.text,
  };
}

function localTimestamp(time: Date): string {
  const pad = (value: number, width = 2): string => String(value).padStart(width, '0');
  const offset = -time.getTimezoneOffset();
  const sign = offset < 0 ? '-' : '+';
  const zone = `${sign}${pad(Math.floor(Math.abs(offset) / 60))}${pad(Math.abs(offset) % 60)}`;
  const date = `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())}`;
  const hundredths = pad(Math.floor(time.getMilliseconds() / 10));
  return `${date}T${pad(time.getHours())}:${pad(time.getMinutes())}:${pad(time.getSeconds())}.${hundredths}${zone}`;
}
