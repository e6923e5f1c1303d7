import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LogLine, ReadLogsOptions } from '../api/logs-api.ts';
import { plainStyle } from '../render/style.ts';
import { formatLogLine, logLineAsJson } from './format-log-line.ts';
import { followLogs, LogMerger } from './log-follower.ts';

const SECOND = 1_000_000_000n;
const START = 1_800_000_000n * SECOND;

function line(offset: bigint, text: string, instance = '0'): LogLine {
  return { timestampNs: START + offset, source: 'APP/PROC/WEB', instance, type: 'OUT', text };
}

const texts = (lines: readonly LogLine[]): string[] => lines.map(({ text }) => text);

describe('LogMerger', () => {
  test('gives each line once, in order of time', () => {
    const merger = new LogMerger(START);
    assert.deepEqual(texts(merger.add([line(3n, 'c'), line(1n, 'a')], [line(1n, 'a')])), [
      'a',
      'c',
    ]);
    assert.deepEqual(texts(merger.add([line(1n, 'a'), line(2n, 'b'), line(4n, 'd')])), ['b', 'd']);
    assert.equal(merger.newestNs, START + 4n);
  });

  test('keeps lines apart that differ in instance only', () => {
    const merger = new LogMerger(START);
    assert.equal(merger.add([line(1n, 'a', '0'), line(1n, 'a', '1')]).length, 2);
  });

  test('shows equal lines of one moment as often as they were written', () => {
    const merger = new LogMerger(START);
    const trace = [line(1n, ''), line(1n, 'Error: x'), line(1n, '')];
    assert.deepEqual(texts(merger.add(trace, trace)), ['', 'Error: x', '']);
    assert.deepEqual(merger.add(trace), []);
  });

  test('shows nothing from before the start', () => {
    assert.deepEqual(new LogMerger(START).add([line(-1n, 'old'), line(0n, 'last seen')]), []);
  });

  test('never goes back in time', () => {
    const merger = new LogMerger(START);
    merger.add([line(5n, 'e')]);
    merger.add([line(1n, 'late')]);
    assert.equal(merger.newestNs, START + 5n);
  });
});

test('followLogs shows a line that arrives out of order, once', async () => {
  const stored: LogLine[] = [line(SECOND, 'first')];
  const controller = new AbortController();
  let rounds = 0;
  const read = async (options: ReadLogsOptions): Promise<readonly LogLine[]> => {
    if ((options.waitMs ?? 0) > 0) {
      rounds += 1;
      if (rounds === 2) stored.push(line(SECOND - 1n, 'late'), line(SECOND + 1n, 'second'));
      if (rounds === 3) controller.abort();
    }
    const { startNs = 0n } = options;
    return stored.filter(({ timestampNs }) => timestampNs >= startNs);
  };
  const shown: string[] = [];
  const options = { afterNs: START, signal: controller.signal };
  for await (const lines of followLogs(read, options)) shown.push(...texts(lines));
  assert.deepEqual(shown, ['first', 'late', 'second']);
});

test('formatLogLine is the form of cf', () => {
  const text = formatLogLine(line(120_000_000n, 'hello'), plainStyle);
  assert.match(
    text,
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.12[+-]\d{4} \[APP\/PROC\/WEB\/0\] OUT hello$/,
  );
});

test('logLineAsJson keeps the nanoseconds', () => {
  assert.deepEqual(logLineAsJson(line(1n, 'x')), {
    timestamp_ns: '1800000000000000001',
    time: '2027-01-15T08:00:00.000Z',
    source: 'APP/PROC/WEB',
    instance: '0',
    type: 'OUT',
    text: 'x',
  });
});
