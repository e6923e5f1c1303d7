import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reasonOfRunc } from './runc.ts';

test('reasonOfRunc takes the reason out of runc’s log line', () => {
  const line = String.raw`time="2026-11-22T14:15:32Z" level=error msg="runc create failed: unable to start container process: exec: \"nope\": executable file not found in $PATH"`;
  assert.equal(reasonOfRunc(line), 'exec: "nope": executable file not found in $PATH');
});

test('reasonOfRunc leaves other text as it is', () => {
  assert.equal(reasonOfRunc('Failed to open log file\n'), 'Failed to open log file');
  assert.equal(reasonOfRunc(''), '');
});
