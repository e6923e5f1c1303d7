import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAnswerHead } from './answer-head.ts';

test('readAnswerHead() waits for the whole head and passes 1xx over', () => {
  const early = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';
  const head =
    'HTTP/1.1 502 Bad Gateway\r\nx-vcap-request-id: abc\r\nX-Cf-RouterError: endpoint_failure (connection refused)\r\n\r\nbody';
  for (let length = 0; length < early.length + head.length - 4; length++) {
    const text = (early + head).slice(0, length);
    if (!text.slice(early.length).includes('\r\n\r\n')) {
      assert.equal(readAnswerHead(text), undefined);
    }
  }
  assert.deepEqual(readAnswerHead(early + head), {
    status: 502,
    requestId: 'abc',
    routerError: 'endpoint_failure (connection refused)',
  });
});

test('readAnswerHead() calls what is no HTTP status 0', () => {
  assert.deepEqual(readAnswerHead('SSH-2.0-OpenSSH\r\n\r\n'), { status: 0 });
});
