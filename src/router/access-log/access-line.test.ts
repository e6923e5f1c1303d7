import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AccessRecord } from '../wire/access-record.ts';
import { formatAccessLine } from './access-line.ts';

const OPEN = { hideForwardedFor: false, hideSourceIp: false, redactQuery: 'none' } as const;

const REQUEST: AccessRecord = {
  ...new AccessRecord(),
  host: 'echo.test',
  method: 'POST',
  target: '/',
  protocol: 'HTTP/1.1',
  status: 200,
  requestBodyBytes: 3,
  responseBodyBytes: 608,
  referer: '',
  userAgent: '',
  remoteAddress: '127.0.0.1:35050',
  endpointAddress: '127.0.0.1:29001',
  forwardedFor: '127.0.0.1',
  forwardedProto: 'http',
  requestId: '0cde2406-4e1c-4830-7f32-ecad0088b086',
  startedEpochMs: Date.UTC(2026, 10, 22, 12, 35, 48) + 354.75,
  totalMs: 0.699,
  endpointMs: 0.458,
  appGuid: '11111111-1111-1111-1111-111111111111',
  instanceIndex: '0',
  instanceId: 'inst-a',
  routerError: '',
};

describe('formatAccessLine', () => {
  test('writes what gorouter wrote for the same request', () => {
    assert.equal(
      formatAccessLine(REQUEST, OPEN),
      'echo.test - [2026-11-22T12:35:48.354750000Z] "POST / HTTP/1.1" 200 3 608 "-" "-" ' +
        '"127.0.0.1:35050" "127.0.0.1:29001" x_forwarded_for:"127.0.0.1" ' +
        'x_forwarded_proto:"http" vcap_request_id:"0cde2406-4e1c-4830-7f32-ecad0088b086" ' +
        'response_time:0.000699 gorouter_time:0.000241 ' +
        'app_id:"11111111-1111-1111-1111-111111111111" app_index:"0" instance_id:"inst-a" ' +
        'x_cf_routererror:"-"\n',
    );
  });

  test('writes dashes for a request that no endpoint saw', () => {
    const unknown = {
      ...REQUEST,
      host: 'nope.test',
      method: 'GET',
      target: '/x',
      status: 404,
      requestBodyBytes: 0,
      responseBodyBytes: 61,
      endpointAddress: '',
      forwardedFor: '',
      forwardedProto: '',
      appGuid: '',
      instanceIndex: '',
      instanceId: '',
      totalMs: 1_500.0004,
      endpointMs: -1,
      routerError: 'unknown_route',
    };
    assert.match(
      formatAccessLine(unknown, OPEN),
      /^nope\.test - \[[^\]]+\] "GET \/x HTTP\/1\.1" 404 0 61 "-" "-" "127\.0\.0\.1:35050" "-" x_forwarded_for:"-" x_forwarded_proto:"-" vcap_request_id:"[^"]+" response_time:1\.500000 gorouter_time:1\.500000 app_id:"-" app_index:"-" instance_id:"-" x_cf_routererror:"unknown_route"\n$/,
    );
  });

  test('nobody can forge a line or a field', () => {
    const line = formatAccessLine(
      { ...REQUEST, userAgent: 'a" x_cf_routererror:"b\r\nc\\\x00\x7f', referer: 'caf\xc3\xa9' },
      OPEN,
    );
    assert.ok(line.includes('"a\\" x_cf_routererror:\\"b\\r\\nc\\\\\\x00\\x7f"'), line);
    assert.ok(line.includes('"caf\xc3\xa9"'), 'bytes beyond ASCII stay');
    assert.equal(line.indexOf('\n'), line.length - 1);
  });

  test('text that is no bytes is written as UTF-8', () => {
    const line = formatAccessLine({ ...REQUEST, instanceId: 'é€😀' }, OPEN);
    const tail = Buffer.from(line, 'latin1').toString('utf8');
    assert.ok(tail.includes('€😀'), tail);
  });

  test('a request without an answer has no status', () => {
    assert.match(formatAccessLine({ ...REQUEST, status: 0 }, OPEN), /HTTP\/1\.1" "-" 3 608/);
  });

  test('hides addresses when told to', () => {
    const line = formatAccessLine(REQUEST, { ...OPEN, hideForwardedFor: true, hideSourceIp: true });
    assert.match(line, /608 "-" "-" "-" "127\.0\.0\.1:29001" x_forwarded_for:"-"/);
  });

  test('redacts the query of a GET', () => {
    const get = { ...REQUEST, method: 'GET', target: '/p?secret=1' };
    assert.match(formatAccessLine(get, { ...OPEN, redactQuery: 'all' }), /"GET \/p HTTP/);
    assert.match(
      formatAccessLine(get, { ...OPEN, redactQuery: 'hash' }),
      /"GET \/p\?hash=[0-9a-f]{40} HTTP/,
    );
    const post = { ...REQUEST, target: '/p?secret=1' };
    assert.match(formatAccessLine(post, { ...OPEN, redactQuery: 'all' }), /\/p\?secret=1/);
  });
});
