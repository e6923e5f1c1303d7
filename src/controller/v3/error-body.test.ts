import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SprueError } from '../../core/errors.ts';
import { appCreateSchema } from '../../proto/v3/app.ts';
import { errorAnswer, fromFastify } from './error-body.ts';
import { parseBody } from './parse-body.ts';

test('errorAnswer has Cloud Foundry’s shape with Sprue’s code beside it', () => {
  const answer = errorAnswer(new SprueError('RESOURCE_NOT_FOUND', { kind: 'App' }));
  assert.deepEqual(answer, {
    status: 404,
    body: {
      errors: [
        {
          code: 10010,
          title: 'CF-ResourceNotFound',
          detail: 'App not found',
          sprue: { code: 'RESOURCE_NOT_FOUND', next: '' },
        },
      ],
    },
  });
});

test('errorAnswer lists several mistakes, and hides nothing behind a 200', () => {
  const two = new AggregateError([
    new SprueError('BODY_INVALID', { reason: 'a' }),
    new SprueError('BODY_INVALID', { reason: 'b' }),
  ]);
  const { status, body } = errorAnswer(two);
  assert.equal(status, 422);
  assert.deepEqual(
    body.errors.map(error => error.detail),
    ['a', 'b'],
  );
  assert.equal(errorAnswer(new Error('bug')).status, 500);
  assert.equal(errorAnswer(undefined).status, 500);
});

test('fromFastify translates what the framework refuses', () => {
  const tooLarge = Object.assign(new Error(), {
    code: 'FST_ERR_CTP_BODY_TOO_LARGE',
    statusCode: 413,
  });
  assert.equal((fromFastify(tooLarge) as SprueError).code, 'UPLOAD_TOO_LARGE');
  const media = Object.assign(new Error('x'), {
    code: 'FST_ERR_CTP_INVALID_MEDIA_TYPE',
    statusCode: 415,
  });
  assert.equal((fromFastify(media) as SprueError).code, 'BODY_UNREADABLE');
  const own = new SprueError('DISK_FULL');
  assert.equal(fromFastify(own), own);
  const bug = new TypeError('bug');
  assert.equal(fromFastify(bug), bug);
});

test('parseBody names every mistake', () => {
  try {
    parseBody(appCreateSchema, { name: 5, extra: 1 });
    assert.fail('accepted');
  } catch (thrown) {
    assert.ok(thrown instanceof AggregateError);
    const details = thrown.errors.map((error: SprueError) => error.message);
    assert.deepEqual(details, [
      '“name”: Invalid input: expected string, received number',
      '“relationships”: Invalid input: expected object, received undefined',
      "Unknown field(s): 'extra'",
    ]);
  }
});
