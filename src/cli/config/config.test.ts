import assert from 'node:assert/strict';
import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { temporaryDirectory } from '../testing/capture.ts';
import { fakeToken } from '../testing/fake-token.ts';
import { serveJson } from '../testing/json-server.ts';
import { readConfig, sprueHome, updateConfig } from './config-file.ts';
import { saveTarget } from './save-target.ts';
import { changeTarget, normalizeApi, resolveTarget } from './target.ts';

const API = 'http://api.example.com';

describe('updateConfig', () => {
  test('writes a file that only its owner reads', async () => {
    await using home = await temporaryDirectory();
    await changeTarget(home.path, API, { org: 'o', accessToken: 't' });
    const { mode } = await stat(join(home.path, 'config.json'));
    assert.equal(mode & 0o777, 0o600);
    assert.deepEqual((await readConfig(home.path)).targets[API], {
      api: API,
      org: 'o',
      accessToken: 't',
    });
  });

  test('loses nothing when many write at once', async () => {
    await using home = await temporaryDirectory();
    const names = Array.from({ length: 20 }, (_, index) => `http://api${index}.example.com`);
    await Promise.all(names.map(api => changeTarget(home.path, api, { org: 'o' })));
    assert.deepEqual(Object.keys((await readConfig(home.path)).targets).sort(), names.sort());
  });

  test('takes over the lock of a command that was killed', async () => {
    await using home = await temporaryDirectory();
    const lock = join(home.path, 'config.json.lock');
    await writeFile(lock, '');
    const past = Date.now() / 1000 - 60;
    await utimes(lock, past, past);
    await changeTarget(home.path, API, { org: 'o' });
    await assert.rejects(stat(lock), { code: 'ENOENT' });
  });

  test('leaves the file as it was when the change fails', async () => {
    await using home = await temporaryDirectory();
    await changeTarget(home.path, API, { org: 'o' });
    const before = await readFile(join(home.path, 'config.json'), 'utf8');
    const failing = updateConfig(home.path, () => {
      throw new Error('no');
    });
    await assert.rejects(failing);
    assert.equal(await readFile(join(home.path, 'config.json'), 'utf8'), before);
  });

  test('undefined forgets a member', async () => {
    await using home = await temporaryDirectory();
    await changeTarget(home.path, API, { org: 'o', space: 's' });
    await changeTarget(home.path, API, { space: undefined });
    assert.deepEqual((await readConfig(home.path)).targets[API], { api: API, org: 'o' });
  });
});

describe('readConfig', () => {
  test('is empty without a file', async () => {
    await using home = await temporaryDirectory();
    assert.deepEqual(await readConfig(home.path), { version: 1, targets: {} });
  });
  for (const text of [
    '{',
    '[]',
    '{"version":2,"targets":{}}',
    '{"version":1,"targets":{"a":{}}}',
  ]) {
    test(`refuses ${text}`, async () => {
      await using home = await temporaryDirectory();
      await writeFile(join(home.path, 'config.json'), text);
      await assert.rejects(readConfig(home.path), { code: 'CONFIG_UNREADABLE' });
    });
  }
});

describe('resolveTarget', () => {
  const config = {
    version: 1 as const,
    current: API,
    targets: { [API]: { api: API, accessToken: 't', org: 'o', space: 's' } },
  };
  test('is the current one', () => {
    assert.equal(resolveTarget(config, {}).accessToken, 't');
  });
  test('SPRUE_API of another platform brings no foreign token', () => {
    assert.deepEqual(resolveTarget(config, { SPRUE_API: 'http://other.example.com/' }), {
      api: 'http://other.example.com',
    });
  });
  test('SPRUE_ORG and SPRUE_SPACE override', () => {
    const target = resolveTarget(config, { SPRUE_ORG: 'x', SPRUE_SPACE: 'y' });
    assert.deepEqual([target.org, target.space], ['x', 'y']);
  });
  test('fails without any', () => {
    assert.throws(() => resolveTarget({ version: 1, targets: {} }, {}), { code: 'NOT_TARGETED' });
  });
});

describe('normalizeApi', () => {
  const cases = [
    ['http://api.example.com/', 'http://api.example.com'],
    ['api.example.com', 'https://api.example.com'],
    ['api.sprue.localhost', 'http://api.sprue.localhost'],
    ['api.sprue.localhost:8080', 'http://api.sprue.localhost:8080'],
    ['HTTP://API.example.com:80/x/', 'http://api.example.com/x'],
  ] as const;
  for (const [given, expected] of cases) {
    test(`${given} → ${expected}`, () => assert.equal(normalizeApi(given), expected));
  }
  for (const given of ['', 'ftp://x', 'http://user:secret@x', 'http://x?y', 'http://']) {
    test(`refuses “${given}”`, () => assert.throws(() => normalizeApi(given), { code: 'USAGE' }));
  }
});

test('sprueHome is $SPRUE_HOME, or in the home directory', () => {
  assert.equal(sprueHome({ SPRUE_HOME: '/x' }), '/x');
  assert.match(sprueHome({ SPRUE_HOME: '' }), /\/\.sprue$/);
});

describe('saveTarget', () => {
  test('logs in, keeps the tokens and not the password, and becomes the current target', async () => {
    await using home = await temporaryDirectory();
    const access = fakeToken({ expiresInSec: 600 });
    await using server = await serveJson(({ body }) => {
      assert.match(body.toString(), /grant_type=password&username=admin&password=s3cret/);
      return { body: { access_token: access, refresh_token: 'r' } };
    });
    const place = { org: 'sprue', space: 'dev', home: home.path };
    await saveTarget({ api: server.url, user: 'admin', password: 's3cret', ...place });
    const target = resolveTarget(await readConfig(home.path), {});
    assert.deepEqual(target, {
      api: server.url,
      accessToken: access,
      refreshToken: 'r',
      user: 'admin',
      org: 'sprue',
      space: 'dev',
    });
  });

  test('says that a password was refused', async () => {
    await using home = await temporaryDirectory();
    await using server = await serveJson(() => ({
      status: 401,
      body: { error: 'unauthorized', error_description: 'Bad credentials' },
    }));
    const saving = saveTarget({
      api: server.url,
      user: 'admin',
      password: 'x',
      org: 'o',
      space: 's',
      home: home.path,
    });
    await assert.rejects(saving, { code: 'LOGIN_REJECTED', message: /Bad credentials/ });
  });
});
