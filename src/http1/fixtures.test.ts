import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { requestEvents, responseEvents } from './kit/event-recorder.ts';
import { type Fixture, readFixtures } from './kit/fixture-file.ts';

function fixtures(name: string): readonly Fixture[] {
  return readFixtures(new URL(`fixtures/${name}.md`, import.meta.url));
}

/** Every cut in two, byte by byte, and some odd sizes: the events must not depend on the reads. */
function checkEverySplit(fixture: Fixture, read: (pieces: readonly Buffer[]) => string[]): void {
  const { bytes, events } = fixture;
  assert.deepEqual(read([bytes]), events);
  for (let cut = 1; cut < bytes.length; cut++) {
    const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)];
    assert.deepEqual(read(pieces), events, `cut at ${cut}`);
  }
  for (const size of [1, 2, 3, 7, 13]) {
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
    assert.deepEqual(read(pieces), events, `pieces of ${size}`);
  }
}

for (const name of ['request-heads', 'request-bodies']) {
  describe(name, () => {
    for (const fixture of fixtures(name)) {
      test(fixture.heading, () => checkEverySplit(fixture, pieces => requestEvents(pieces)));
    }
  });
}

describe('responses', () => {
  for (const fixture of fixtures('responses')) {
    const options = {
      closed: fixture.heading.includes('closed'),
      answersHead: fixture.heading.includes('HEAD'),
    };
    test(fixture.heading, () => {
      checkEverySplit(fixture, pieces => responseEvents(pieces, options));
    });
  }
});
