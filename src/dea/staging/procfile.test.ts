import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseProcfile } from './procfile.ts';

test('parseProcfile: types, comments, blank lines, line ends of all systems', () => {
  const text =
    '# comment\r\nweb: node server.js --flag "a: b"\n\n  worker:sh work.sh  \rmy-clock_2: x';
  assert.deepEqual(parseProcfile(text), {
    web: 'node server.js --flag "a: b"',
    worker: 'sh work.sh',
    'my-clock_2': 'x',
  });
  assert.deepEqual(parseProcfile(''), {});
});

test('parseProcfile: __proto__ is a process type like any other', () => {
  assert.deepEqual(Object.keys(parseProcfile('__proto__: run')), ['__proto__']);
});

for (const [what, text, because] of [
  ['a line without a type', 'web: a\nnode server.js', /line 2 of the Procfile.*node server\.js/],
  ['a type without a command', 'web:', /line 1/],
  ['a type with a space', 'my web: x', /line 1/],
  ['the same type twice', 'web: a\nweb: b', /“web” twice/],
] as const) {
  test(`parseProcfile: refuses ${what}`, () => {
    assert.throws(() => parseProcfile(text), because);
  });
}
