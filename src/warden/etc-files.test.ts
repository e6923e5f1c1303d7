import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../core/errors.ts';
import { etcFiles } from './etc-files.ts';

const spec = {
  hostname: 'shop-0',
  containerIp: '10.254.0.9',
  nameservers: ['169.254.0.1', '1.1.1.1'],
};

test('etcFiles name the container, its address and its name servers', () => {
  const files = etcFiles(spec);
  assert.equal(files['hostname'], 'shop-0\n');
  assert.match(files['hosts'] ?? '', /^127\.0\.0\.1 localhost$/m);
  assert.match(files['hosts'] ?? '', /^10\.254\.0\.9 shop-0$/m);
  assert.equal(files['resolv.conf'], 'nameserver 169.254.0.1\nnameserver 1.1.1.1\n');
  assert.match(files['passwd'] ?? '', /^vcap:x:2000:2000:[^:]*:\/home\/vcap:\/bin\/bash$/m);
});

test('etcFiles refuse what could forge a line', () => {
  for (const change of [
    { hostname: 'a\n1.2.3.4 bank' },
    { hostname: '' },
    { hostname: '-a' },
    { hostname: 'x'.repeat(65) },
    { containerIp: '10.0.0.1 bank' },
    { nameservers: ['1.1.1.1\noptions x'] },
    { nameservers: ['ns.example.com'] },
  ])
    assert.throws(
      () => etcFiles({ ...spec, ...change }),
      (error: Error) => hasCode(error, 'INVALID_ADDRESS'),
      JSON.stringify(change),
    );
});
