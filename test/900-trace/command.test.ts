import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { root, TestPlatform } from '../kit/platform.ts';
import { ends, hop, trace } from './traced.ts';

describe('sprue trace as a command', () => {
  let platform: TestPlatform;
  before(async () => {
    platform = await TestPlatform.start();
    await platform.ok(['push', 'shop', '-p', join(root, 'test/fixtures/probe-app')]);
  });
  after(() => platform[Symbol.asyncDispose]());

  test('every command of --explain works, and shows something', async () => {
    const { table } = await trace(platform, platform.host('shop'));
    const commands = table.hops.flatMap(({ explain }) => explain.map(({ command }) => command));
    assert.ok(commands.length >= 8, commands.join('\n'));
    for (const command of commands) {
      const { stdout } = await platform.lab.host.exec(['sh', '-c', command]);
      assert.notEqual(stdout.trim(), '', command);
    }
  });

  test('the table says in words what it shows, within 100 columns', async () => {
    const text = await platform.ok(['trace', platform.host('shop')]);
    const lines = text.split('\n');
    assert.match(
      lines[0] ?? '',
      /^GET http:\/\/shop\.\S+\/ → 200 in \d+\.\d ms, answered by shop\/0$/,
    );
    for (const line of lines) assert.ok(line.length <= 100, line);
    assert.match(text, /─ (new|another) TCP connection/);
    assert.match(text, /─ the way back ─/);
  });

  test('a host of nobody is refused, before anything is sent', async () => {
    const { exitCode, stderr } = await platform.sprue(['trace', 'http://198.51.100.2/']);
    assert.equal(exitCode, 2);
    assert.match(stderr, /“198\.51\.100\.2” is not of this platform: its domains are/);
  });

  test('from inside a container: by its own address, over the router of its host', async () => {
    const flags = ['--from', 'shop/0', '--connect-to', platform.lab.host.address];
    const { table, exitCode } = await trace(platform, platform.host('shop'), ...flags);
    assert.equal(exitCode, 0, table.verdict.text);
    assert.equal(hop(table, 'client').where, 'shop/0');
    const { source, destination } = ends(hop(table, 'client').after);
    const [instance] = await platform.instances('shop');
    assert.equal(source.split(':')[0], instance?.network?.container_ip);
    assert.equal(destination, `${platform.lab.host.address}:80`);
    // There its own loopback has no router: the table ends where the request did.
    const alone = await trace(platform, platform.host('shop'), '--from', 'shop');
    assert.equal(alone.exitCode, 6);
    assert.equal(hop(alone.table, 'router').state, 'refused');
  });

  test('from an app or a host that is not there: a sentence', async () => {
    const unknown = await platform.sprue(['trace', platform.host('shop'), '--from', 'shpo']);
    assert.equal(unknown.exitCode, 3);
    assert.match(unknown.stderr, /no app “shpo”.*shop/s);
    const instance = await platform.sprue(['trace', platform.host('shop'), '--from', 'shop/7']);
    assert.equal(instance.exitCode, 3);
    assert.match(instance.stderr, /No running instance of “shop\/7” is on this machine/);
  });
});
