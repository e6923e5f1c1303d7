import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRouterLog } from './router-log.ts';

test('createRouterLog writes gorouter’s fields from its level on', () => {
  const lines: string[] = [];
  const log = createRouterLog({
    level: 'info',
    timestamp: 'rfc3339',
    write: line => lines.push(line),
  });
  log.debug({}, 'unheard');
  log.child({ router: 'r' }).warn({ reason: 'x' }, 'validation-error');
  const { timestamp, ...rest } = JSON.parse(lines.join(''));
  assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(rest, {
    log_level: 2,
    message: 'validation-error',
    source: 'gorouter',
    data: { router: 'r', reason: 'x' },
  });
});
