import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderRoute } from './render-route.ts';

const network = {
  host: '192.0.2.2',
  hostPort: 61001,
  containerIp: '10.254.0.2',
  containerPort: 8080,
  veth: 'w-1a2b3c4d',
};
const answer = { status: 200, body: 'Hello\n', from: '127.0.0.1:41000', to: '127.0.0.1:80' };

test('renderRoute() shows every hop with the addresses of the kernel', () => {
  const text = renderRoute({
    url: 'http://hello.sprue.localhost',
    answer,
    network,
    facts: {
      connection: {
        before: '192.0.2.2:52000 → 192.0.2.2:61001',
        after: '192.0.2.2:52000 → 10.254.0.2:8080',
      },
      mapping: 'tcp . 61001 → 10.254.0.2 . 8080',
      device: 'w-1a2b3c4d',
      inside: {
        addresses: ['lo 127.0.0.1/8', 'eth0 10.254.0.2/32'],
        routes: ['default via 169.254.0.1 dev eth0'],
      },
    },
  });
  for (const expected of [
    '127.0.0.1:41000 → 127.0.0.1:80',
    'tcp . 61001 → 10.254.0.2 . 8080',
    'w-1a2b3c4d ═══ eth0',
    'default via 169.254.0.1 dev eth0',
  ]) {
    assert.ok(text.includes(expected), expected);
  }
});

test('renderRoute() says so when the kernel does not have a fact', () => {
  const facts = { connection: undefined, mapping: undefined, device: undefined, inside: undefined };
  assert.match(
    renderRoute({ url: 'u', answer, network, facts }),
    /NAT element +\(not found in the kernel\)/,
  );
});
