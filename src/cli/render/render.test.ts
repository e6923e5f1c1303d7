import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SprueError } from '../../core/errors.ts';
import { Capture } from '../testing/capture.ts';
import { formatAge, formatElapsed } from './duration.ts';
import { errorAsJson, exitCodeOf, renderError } from './error.ts';
import { Output } from './output.ts';
import { bar, Progress } from './progress.ts';
import { chooseStyle, colourStyle, plainStyle } from './style.ts';
import { displayWidth, renderTable } from './table.ts';

function outputs(options: { json?: boolean; tty?: boolean } = {}) {
  const stdout = new Capture(options.tty);
  const stderr = new Capture(options.tty);
  return { stdout, stderr, output: new Output({ stdout, stderr, json: options.json ?? false }) };
}

describe('renderTable', () => {
  test('aligns columns, numbers to the right, without trailing spaces', () => {
    const lines = renderTable(
      [{ title: 'NAME' }, { title: 'N', align: 'right' }, { title: 'STATE' }],
      [
        ['shop', '7', 'up'],
        ['a', '100', ''],
      ],
    );
    assert.deepEqual(lines, ['NAME     N   STATE', 'shop     7   up', 'a      100']);
  });

  test('cuts the column that may shrink when the terminal is narrow', () => {
    const lines = renderTable(
      [{ title: 'NAME' }, { title: 'URLS', shrink: true }],
      [['shop', 'http://a-long-host.example.com/with/path']],
      { maxWidth: 30 },
    );
    assert.equal(lines[1], 'shop   http://a-long-host.exa…');
    assert.equal(lines[1]?.length, 30);
  });

  test('aligns by what is seen: styles take no room, wide letters take two', () => {
    assert.equal(displayWidth(colourStyle.good('up')), 2);
    assert.equal(displayWidth('日本'), 4);
    const [, first, second] = renderTable(
      [{ title: 'A' }, { title: 'B' }],
      [
        [colourStyle.good('up'), 'x'],
        ['down', 'x'],
      ],
    );
    assert.equal(displayWidth(first ?? ''), displayWidth(second ?? ''));
  });

  test('keeps a cell with line breaks on one line', () => {
    assert.deepEqual(renderTable([{ title: 'A' }], [['one\n  two']])[1], 'one two');
  });
});

describe('chooseStyle', () => {
  const colour = { isTerminal: true, noColorFlag: false, env: {} };
  test('colours on a terminal only', () => {
    assert.equal(chooseStyle(colour), colourStyle);
    assert.equal(chooseStyle({ ...colour, isTerminal: false }), plainStyle);
  });
  test('heeds NO_COLOR, --no-color and TERM=dumb', () => {
    assert.equal(chooseStyle({ ...colour, env: { NO_COLOR: '1' } }), plainStyle);
    assert.equal(chooseStyle({ ...colour, env: { NO_COLOR: '' } }), colourStyle);
    assert.equal(chooseStyle({ ...colour, noColorFlag: true }), plainStyle);
    assert.equal(chooseStyle({ ...colour, env: { TERM: 'dumb' } }), plainStyle);
  });
});

describe('renderError', () => {
  const error = new SprueError('INVALID_SIZE', { received: '12X' });

  test('says what, what next and the code, on stderr', () => {
    const { output, stdout, stderr } = outputs();
    renderError(error, output, false);
    assert.equal(stdout.text, '');
    assert.match(stderr.text, /^Error: “12X” is not a size\.\n {7}Write a number/);
    assert.match(stderr.text, /INVALID_SIZE — sprue help INVALID_SIZE\n$/);
    assert.doesNotMatch(stderr.text, /at .*\.ts/);
  });

  test('is one JSON object with --json', () => {
    const { output, stdout, stderr } = outputs({ json: true });
    renderError(error, output, false);
    assert.equal(stdout.text, '');
    assert.deepEqual(JSON.parse(stderr.text), { error: errorAsJson(error) });
    assert.equal(errorAsJson(error).exit, 2);
  });

  test('shows stack and causes with --debug', () => {
    const { output, stderr } = outputs();
    renderError(
      new SprueError('INTERNAL', { reason: 'x' }, { cause: new Error('deep') }),
      output,
      true,
    );
    assert.match(stderr.text, /render\.test\.ts/);
    assert.match(stderr.text, /caused by Error: deep/);
  });

  test('a foreign error has exit code 1', () => {
    assert.equal(exitCodeOf(new TypeError('x')), 1);
  });
});

describe('Output', () => {
  test('explains nothing with --json', () => {
    const { output, stdout, stderr } = outputs({ json: true });
    output.note('hello');
    output.value({ a: 1 });
    assert.equal(stderr.text, '');
    assert.deepEqual(JSON.parse(stdout.text), { a: 1 });
  });

  test('leaves out facts without a value', () => {
    const { output, stdout } = outputs();
    output.facts([
      ['name', 'shop'],
      ['url', undefined],
      ['buildpack', 'node'],
    ]);
    assert.equal(stdout.text, 'name        shop\nbuildpack   node\n');
  });
});

describe('Progress', () => {
  test('prints one plain line per step when nobody watches', async () => {
    const { output, stderr } = outputs();
    const value = await new Progress(output).step('stage', async step => {
      step.print('a line');
      step.update('never seen');
      return { value: 42, detail: 'node' };
    });
    assert.equal(value, 42);
    assert.match(stderr.text, /^ {2}│ a line\n✓ +\d+ ms {2}stage {6}node\n$/);
    assert.ok(!stderr.text.includes('\u001b'));
  });

  test('marks a step that failed and passes the error on', async () => {
    const { output, stderr } = outputs();
    const step = new Progress(output).step('start', async () => {
      throw new Error('no');
    });
    await assert.rejects(step, /no/);
    assert.match(stderr.text, /^✗ .* start {6}failed\n$/);
  });

  test('rewrites its line on a terminal', async () => {
    const { output, stderr } = outputs({ tty: true });
    await new Progress(output).step('zip', async () => ({ value: 1, detail: 'done' }));
    assert.match(stderr.text, /⠋/);
    assert.ok(stderr.text.includes('\r\u001b[2K✓'));
  });
});

test('bar fills in proportion', () => {
  assert.equal(bar(0, 10, 4), '░░░░');
  assert.equal(bar(5, 10, 4), '██░░');
  assert.equal(bar(11, 10, 4), '████');
  assert.equal(bar(0, 0, 2), '██');
});

test('durations read as people say them', () => {
  assert.deepEqual([38, 1200, 125_000].map(formatElapsed), ['38 ms', '1.2 s', '2 min 5 s']);
  assert.deepEqual([-1, 59, 60, 3600, 48 * 3600].map(formatAge), [
    '0 s',
    '59 s',
    '1 min',
    '1 h',
    '2 d',
  ]);
});
