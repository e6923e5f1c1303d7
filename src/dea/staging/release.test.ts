import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRelease } from './release.ts';

test('parseRelease: YAML, JSON, or nothing at all', () => {
  assert.deepEqual(parseRelease('---\ndefault_process_types:\n  web: bundle exec puma\n'), {
    web: 'bundle exec puma',
  });
  assert.deepEqual(parseRelease('{"default_process_types": {"web": "a: b"}, "addons": []}'), {
    web: 'a: b',
  });
  for (const empty of ['', '---\n', '--- {}', 'default_process_types:\n']) {
    assert.deepEqual(parseRelease(empty), {});
  }
});

for (const [what, yaml] of [
  ['text that is no YAML', '{web: '],
  ['a list', '- web'],
  ['a command that is no text', 'default_process_types: {web: 1}'],
  ['an empty command', 'default_process_types: {web: ""}'],
  ['aliases', 'a: &x [1]\ndefault_process_types: *x'],
] as const) {
  test(`parseRelease: refuses ${what}`, () => {
    assert.throws(() => parseRelease(yaml), { kind: 'BuildpackReleaseFailed' });
  });
}
