import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { homeOf, localUserHome } from './cli-target.ts';

describe('cli target', () => {
  test('homeOf() finds the home of a user id', () => {
    const passwd = 'root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000::/home/ann:/bin/sh\n';
    assert.equal(homeOf('1000', passwd), '/home/ann');
    assert.equal(homeOf('1001', passwd), undefined);
  });

  test('localUserHome() prefers SPRUE_HOME, also behind sudo', () => {
    assert.deepEqual(localUserHome({ SPRUE_HOME: '/x', SUDO_UID: '1000', SUDO_GID: '1000' }), {
      home: '/x',
    });
  });
});
