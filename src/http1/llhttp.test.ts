import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, before, test } from 'node:test';
import { requestEvents } from './kit/event-recorder.ts';
import { readFixtures } from './kit/fixture-file.ts';

/** What node:http (llhttp, strict) makes of the same bytes, in the words of the fixtures. */
const seen: string[] = [];
const server = createServer((request, response) => {
  const body: Buffer[] = [];
  request.on('data', (piece: Buffer) => body.push(piece));
  request.on('end', () => {
    seen.push(`request ${request.method} ${request.url} HTTP/${request.httpVersion}`);
    const raw = request.rawHeaders;
    for (let i = 0; i < raw.length; i += 2) seen.push(`field ${raw[i]}: ${raw[i + 1]}`);
    if (body.length > 0) seen.push(`body ${Buffer.concat(body).toString('latin1')}`);
    response.end();
  });
});

before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
after(() => server.close());

for (const name of ['request-heads', 'request-bodies']) {
  for (const fixture of readFixtures(new URL(`fixtures/${name}.md`, import.meta.url))) {
    const isAccepted = !fixture.events.some(event => /^(refused|incomplete)/.test(event));
    if (!isAccepted || fixture.heading.includes('llhttp refuses')) continue;
    test(`llhttp reads the same: ${fixture.heading}`, async () => {
      seen.length = 0;
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      socket.resume().end(fixture.bytes);
      await once(socket, 'close');
      const ours = requestEvents([fixture.bytes])
        .filter(event => /^(request|field|body)/.test(event))
        .map(event => event.replace(/ host=.*$/, ''));
      assert.deepEqual(seen, ours);
    });
  }
}
