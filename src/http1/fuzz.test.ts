import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestEvents, responseEvents } from './kit/event-recorder.ts';
import { readFixtures } from './kit/fixture-file.ts';
import { DEFAULT_LIMITS } from './limits.ts';

const TIME_MS = 700;
const OCTETS = Buffer.from('\r\n\t\0 :;,/?#*0159afxAZ_-"\x7f\x80\xff', 'latin1');

/** xorshift32: a failing seed can be run again. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed | 1;
  return below => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function mutate(bytes: Buffer, random: (below: number) => number): Buffer {
  let mutant = Buffer.from(bytes);
  for (let i = random(4); i >= 0; i--) {
    const at = random(mutant.length + 1);
    const octet = Buffer.of(OCTETS[random(OCTETS.length)] ?? 0);
    const skip = random(3);
    mutant = Buffer.concat([mutant.subarray(0, at), octet, mutant.subarray(at + skip)]);
  }
  return mutant;
}

function cut(bytes: Buffer, random: (below: number) => number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + random(random(4) === 0 ? 3 : 60);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

/**
 * A head in pieces is read again only when a line end arrives, so one that never ends may count as
 * incomplete instead of refused. Both close the connection.
 */
function withoutReason(events: readonly string[]): readonly string[] {
  return events.map(event => (/^(refused |incomplete$|cut$)/.test(event) ? 'failed' : event));
}

function fuzz(names: readonly string[], read: (pieces: readonly Buffer[]) => string[]): void {
  const corpus = names.flatMap(name =>
    readFixtures(new URL(`fixtures/${name}.md`, import.meta.url)).map(fixture => fixture.bytes),
  );
  const seed = Date.now() % 2 ** 31;
  const random = randomFrom(seed);
  const endMs = performance.now() + TIME_MS;
  let runs = 0;
  while (performance.now() < endMs) {
    const bytes = mutate(corpus[random(corpus.length)] ?? Buffer.alloc(0), random);
    const told = `seed ${seed}, run ${runs}: ${JSON.stringify(bytes.toString('latin1'))}`;
    assert.deepEqual(withoutReason(read(cut(bytes, random))), withoutReason(read([bytes])), told);
    runs++;
  }
  assert.ok(runs > 100, `only ${runs} runs`);
}

test('mutated requests: no crash, and the same events however they are cut', () => {
  fuzz(['request-heads', 'request-bodies'], pieces => requestEvents(pieces));
});

test('mutated responses: no crash, and the same events however they are cut', () => {
  fuzz(['responses'], pieces => responseEvents(pieces, { closed: true }));
});

test('limits: a head is refused at its size, in one piece or dripping', () => {
  const limits = { ...DEFAULT_LIMITS, maxHeadBytes: 200, maxHeaders: 5 };
  const head = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(200)}\r\n\r\n`);
  assert.deepEqual(requestEvents([head], limits), ['refused head_too_large']);
  const drops = Array.from(head, octet => Buffer.of(octet));
  assert.deepEqual(requestEvents(drops, limits), ['refused head_too_large']);
  const many = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(5)}\r\n`);
  assert.deepEqual(requestEvents([many], limits), ['refused too_many_headers']);
});

test('limits: chunk extensions and trailers are no free ride', () => {
  const limits = { ...DEFAULT_LIMITS, maxChunkExtensionBytes: 10, maxTrailerBytes: 20 };
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
  const extension = requestEvents([Buffer.from(`${head}1;${'x'.repeat(11)}\r\n`)], limits);
  assert.equal(extension.at(-1), 'refused chunk_extension_too_long');
  const trailer = requestEvents([Buffer.from(`${head}0\r\nX: ${'x'.repeat(20)}\r\n\r\n`)], limits);
  assert.equal(trailer.at(-1), 'refused trailer_too_long');
});
