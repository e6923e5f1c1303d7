import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageReader, withLength } from './message-reader.ts';

const messages = ['first', '', 'x'.repeat(9_999), 'last'];
const stream = Buffer.concat(messages.map(text => withLength(Buffer.from(text))));

function readAll(pieces: readonly Buffer[]): string[] {
  const reader = new MessageReader();
  const found: string[] = [];
  for (const piece of pieces) {
    reader.push(piece);
    for (let next = reader.next(); next; next = reader.next()) found.push(next.toString());
  }
  return found;
}

test('MessageReader finds the same messages however the stream was cut', () => {
  assert.deepEqual(readAll([stream]), messages);
  for (const size of [1, 2, 3, 1_000, 65_536]) {
    const pieces = Array.from({ length: Math.ceil(stream.length / size) }, (_, index) =>
      stream.subarray(index * size, (index + 1) * size),
    );
    assert.deepEqual(readAll(pieces), messages, `pieces of ${size}`);
  }
});

test('MessageReader waits for the rest of a message', () => {
  assert.deepEqual(readAll([stream.subarray(0, 6)]), []);
});
