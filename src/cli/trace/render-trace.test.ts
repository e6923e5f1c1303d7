import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { correlate } from '../../trace/correlate/correlate.ts';
import { readFixture } from '../../trace/correlate/read-fixture.ts';
import { colourStyle, plainStyle } from '../render/style.ts';
import { displayWidth } from '../render/table.ts';
import { type RenderTraceOptions, renderTrace } from './render-trace.ts';
import { wrap } from './wrap.ts';

const PLAIN = { width: 100, style: plainStyle, raw: false, explain: false, figures: false };

function render(name: string, options: Partial<RenderTraceOptions> = {}): string[] {
  const table = correlate({ method: 'GET', url: 'http://shop.example.test/' }, readFixture(name));
  return renderTrace(table, { ...PLAIN, ...options });
}

describe('renderTrace()', () => {
  test('three hosts, exactly', () => {
    const recorded = readFileSync(join(import.meta.dirname, 'three-hosts.txt'), 'utf8');
    assert.equal(`${render('three-hosts').join('\n')}\n`, recorded);
  });

  test('fits 100 columns', () => {
    for (const name of ['three-hosts', 'one-machine', 'reused-connection', 'retry']) {
      for (const line of render(name)) assert.ok(displayWidth(line) <= 102, `${name}: ${line}`);
    }
  });

  test('says where a connection begins and which end a NAT changed', () => {
    const text = render('three-hosts').join('\n');
    assert.match(text, /\n─ new TCP connection ─+\n {2}5 {2}connection /);
    assert.match(text, /\n─ the way back ─+\n {2}9 {2}host NAT/);
    assert.match(text, /→ 10\.254\.0\.6:8080\*/);
    assert.match(text, / 10\.0\.0\.12:61001\*/);
    assert.doesNotMatch(text, /10\.0\.0\.11:41822\*/);
    assert.match(text, /\* rewritten by NAT/);
  });

  test('a failed hop is marked with a sign and with words, not by colour alone', () => {
    const lines = render('loopback-bind');
    assert.ok(lines.some(line => /^✗ 8 {2}app .*REFUSED HERE/.test(line)));
    assert.deepEqual(lines.slice(-3), [
      '✗ First wrong hop: 8 app at shop/1',
      '  expected   a listener on 0.0.0.0:8080 or [::]:8080',
      '  found      node (pid 8812) listens on 127.0.0.1:8080',
    ]);
    assert.ok(render('nothing-arrived').some(line => line.includes('NOTHING ARRIVED HERE')));
    assert.ok(render('dea-cut').some(line => line.includes('NO REPORT')));
    const styled = render('loopback-bind', { style: colourStyle });
    assert.notDeepEqual(styled, lines);
    assert.deepEqual(
      styled.map(line => stripVTControlCharacters(line).trimEnd()),
      lines,
    );
  });

  test('a kept connection is no new one', () => {
    const text = render('reused-connection').join('\n');
    assert.match(text, /─ another TCP connection, kept open ─/);
    assert.doesNotMatch(text, /new TCP connection/);
  });

  test('--raw, --explain and --figures add sections, hop by hop', () => {
    const text = render('three-hosts', { raw: true, explain: true }).join('\n');
    assert.match(text, /6 host NAT at dea-2\n {2}\$ nft get element .*\n {4}tcp \. 61001 :/);
    assert.match(text, /dea-2\$ conntrack -L -p tcp --orig-src 10\.0\.0\.11 --sport 41822/);
    assert.match(text, /client\$ dig @203\.0\.113\.53 shop\.example\.test A/);
    assert.doesNotMatch(render('three-hosts').join('\n'), /nft get element/);
  });
});

test('wrap() breaks at spaces, and long words anywhere', () => {
  assert.deepEqual(wrap('a bb ccc', 4), ['a bb', 'ccc']);
  assert.deepEqual(wrap('abcdefgh ij', 3), ['abc', 'def', 'gh', 'ij']);
  assert.deepEqual(wrap('hello-node.sprue.localhost', 20), ['hello-node.sprue.', 'localhost']);
  assert.deepEqual(wrap('', 3), ['']);
});
