import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCidr, parseIpv4, parsePort } from '../core/address.ts';
import { hasCode } from '../core/errors.ts';
import { PUBLIC_NETWORKS } from './egress-policy.ts';
import { platformTag } from './names.ts';
import { assertOwner } from './owner.ts';
import { formatOwner, formatRuleset, parseOwner } from './ruleset.ts';

const input = {
  owner: formatOwner(platformTag('/var/lib/sprue'), '/var/lib/sprue'),
  clients: [parseCidr('192.0.2.0/24')],
  nameservers: [parseIpv4('192.0.2.53')],
  services: { address: parseIpv4('192.0.2.1'), ports: [parsePort(80), parsePort(443)] },
  policies: [PUBLIC_NETWORKS],
};

test('formatRuleset has no anonymous set: adding an element would cost seconds with many of them', () => {
  const rules = formatRuleset(input).match(/^ {4}(?!type ).*$/gm) ?? [];
  assert.ok(rules.length > 20);
  for (const rule of rules) assert.doesNotMatch(rule, /(?<!@\w+ )\{/);
});

test('formatRuleset touches the table inet sprue and no other', () => {
  const tables = formatRuleset(input).match(/\btable \S+ \S+/g) ?? [];
  assert.deepEqual([...new Set(tables)], ['table inet sprue']);
  assert.doesNotMatch(formatRuleset(input), /flush ruleset/);
});

test('formatRuleset writes policies by id, with ports as intervals', () => {
  const script = formatRuleset({
    ...input,
    policies: [
      {
        id: 7,
        allow: [
          {
            protocol: 'tcp',
            destination: parseCidr('10.1.0.0/16'),
            ports: { first: 5432, last: 5433 },
          },
        ],
        deny: [parseCidr('10.1.2.0/24')],
      },
    ],
  });
  assert.match(
    script,
    /add element inet sprue allow \{ 7 \. 10\.1\.0\.0\/16 \. tcp \. 5432-5433 \}/,
  );
  assert.match(script, /add element inet sprue deny \{ 7 \. 10\.1\.2\.0\/24 \}/);
});

test('formatOwner fits a comment for any path, and parseOwner reads it', () => {
  const odd = `/tmp/a "quoted" path/${'x'.repeat(200)}`;
  const comment = formatOwner(platformTag(odd), odd);
  assert.ok(comment.length <= 128);
  assert.match(comment, /^[\w./? -]+$/);
  assert.equal(parseOwner(comment)?.tag, platformTag(odd));
});

test('assertOwner accepts no table and our own, and names the owner of another', () => {
  const tag = platformTag('/var/lib/sprue');
  const listing = (comment: string) => `table inet sprue {\n\tcomment "${comment}"\n}\n`;
  assertOwner(undefined, tag);
  assertOwner(listing(input.owner), tag);
  assert.throws(
    () => assertOwner(listing(formatOwner(platformTag('/b'), '/b')), tag),
    error => hasCode(error, 'NETWORK_OWNED_BY_OTHER') && error.message.includes('/b'),
  );
  assert.throws(() => assertOwner('table inet sprue {\n}\n', tag), /another program/);
});
