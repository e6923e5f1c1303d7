import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foreignText } from './foreign-text.ts';

test('foreignText keeps what is harmless', () => {
  for (const text of ['', 'plain', 'tab\there', '日本語 ünï', '␛']) {
    assert.equal(foreignText(text), text);
  }
  assert.equal(foreignText('windows\r'), 'windows');
});

test('foreignText keeps colours and ends them', () => {
  assert.equal(foreignText('\x1b[1;31mred\x1b[0m'), '\x1b[1;31mred\x1b[0m\x1b[0m');
  assert.equal(foreignText('\x1b[38:5:1mred'), '\x1b[38:5:1mred\x1b[0m');
});

for (const [what, text, shown] of [
  ['the title', '\x1b]0;pwned\x07', '␛]0;pwned␇'],
  ['the clipboard', '\x1b]52;c;ZXZpbA==\x1b\\', '␛]52;c;ZXZpbA==␛\\'],
  ['clearing', '\x1b[2J\x1b[H', '␛[2J␛[H'],
  ['overwriting', 'real\rfake\b\b', 'real␍fake␈␈'],
  ['lines of its own', 'a\nb\vc\fd', 'a␊b␋c␌d'],
  ['C1', '\x9b2J\x9d0;x\x9c', '\ufffd2J\ufffd0;x\ufffd'],
  ['DEL and NUL', '\x7f\x00', '␡␀'],
  ['a colour within a sequence', '\x1b\x1b[31m]', '␛\x1b[31m]\x1b[0m'],
] as const) {
  test(`foreignText shows control characters: ${what}`, () => {
    assert.equal(foreignText(text), shown);
  });
}
