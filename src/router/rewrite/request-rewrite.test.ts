import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, before, test } from 'node:test';
import { BODY } from '../../http1/body-framing.ts';
import { requestEvents } from '../../http1/kit/event-recorder.ts';
import { readFixtures } from '../../http1/kit/fixture-file.ts';
import { DEFAULT_LIMITS } from '../../http1/limits.ts';
import { RequestHead } from '../../http1/request-head.ts';
import { RequestRewriter } from './request-rewrite.ts';

const ORIGIN = { remoteIp: '10.0.0.9', scheme: 'http' };
const fixtures = readFixtures(
  new URL('../../http1/fixtures/request-heads.md', import.meta.url),
).filter(
  ({ heading, events }) =>
    events[0]?.startsWith('request') && !/llhttp refuses|pipelined|empty Host/i.test(heading),
);

const seen: string[] = [];
const server = createServer((request, response) => {
  seen.push(`${request.method} ${request.url} ${request.headers.host}`);
  response.end();
});
before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
after(() => server.close());

function rewritten(bytes: Buffer): { head: RequestHead; text: string } {
  const head = new RequestHead();
  const start = bytes[0] === 13 ? 2 : 0;
  assert.ok(head.read(bytes, start, bytes.length, DEFAULT_LIMITS) > 0);
  const rewriter = new RequestRewriter(true);
  rewriter.rewrite(head, ORIGIN, 1_700_000_000_000);
  return { head, text: `${rewriter.text}\r\n` };
}

for (const fixture of fixtures) {
  test(`what goes on reads the same here and in llhttp: ${fixture.heading}`, async () => {
    const { head, text } = rewritten(fixture.bytes);
    const again = new RequestHead();
    const bytes = Buffer.from(text, 'latin1');
    assert.equal(again.read(bytes, 0, bytes.length, DEFAULT_LIMITS), bytes.length);
    assert.equal(again.method, head.method);
    assert.equal(again.rawTarget, head.rawTarget);
    assert.equal(again.host, head.host);
    assert.equal(again.bodyKind, BODY.none);
    assert.doesNotMatch(requestEvents([bytes]).join('\n'), /refused/);
    seen.length = 0;
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.resume().end(bytes);
    await once(socket, 'close');
    assert.deepEqual(seen, [`${head.method} ${head.rawTarget} ${head.authority}`]);
  });
}
