import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { parseIpv4 } from '../../src/core/address.ts';
import { type DigAnswer, dig } from '../kit/dig.ts';
import { DOMAIN, type OpenDns, openDns, PLATFORM, platformZone } from './open-dns.ts';

const SOA = `${DOMAIN}. 5 IN SOA ns.${DOMAIN}. hostmaster.${DOMAIN}. 7 3600 600 1209600 5`;

let dns: OpenDns;
before(async () => {
  dns = await openDns();
});
after(() => dns[Symbol.asyncDispose]());

const ask = (...args: readonly string[]): Promise<DigAnswer> => dig(dns.at, ...args);

function assertAuthoritative(reply: DigAnswer, status: string): void {
  assert.equal(reply.status, status, reply.text);
  assert.ok(reply.flags.includes('aa'), 'authoritative');
  assert.ok(!reply.flags.includes('ra'), 'not recursive');
}

describe('the platform’s zone as dig sees it', () => {
  for (const transport of ['+notcp', '+tcp']) {
    test(`A records of the domain, of any name below it and of the API (${transport})`, async () => {
      for (const name of [DOMAIN, `shop.${DOMAIN}`, `a.b.c.${DOMAIN}`, `api.${DOMAIN}`]) {
        const reply = await ask(transport, name, 'A');
        assertAuthoritative(reply, 'NOERROR');
        assert.deepEqual(reply.answer.toSorted(), [
          `${name}. 5 IN A 198.51.100.10`,
          `${name}. 5 IN A 198.51.100.11`,
        ]);
        assert.deepEqual(reply.authority, []);
      }
    });

    test(`SOA, NS, TXT and CAA (${transport})`, async () => {
      const answers = async (name: string, type: string) => {
        const reply = await ask(transport, name, type);
        assertAuthoritative(reply, 'NOERROR');
        return reply.answer;
      };
      assert.deepEqual(await answers(DOMAIN, 'SOA'), [SOA.replace(' 5 IN', ' 300 IN')]);
      assert.deepEqual(await answers(DOMAIN, 'NS'), [`${DOMAIN}. 300 IN NS ns.${DOMAIN}.`]);
      assert.deepEqual(await answers(`ns.${DOMAIN}`, 'A'), [`ns.${DOMAIN}. 300 IN A 127.0.0.1`]);
      assert.deepEqual(await answers(DOMAIN, 'CAA'), [`${DOMAIN}. 5 IN CAA 0 issue "ca.example"`]);
      const challenge = `_acme-challenge.${DOMAIN}`;
      assert.deepEqual(await answers(challenge, 'TXT'), [`${challenge}. 5 IN TXT "a \\"token\\""`]);
    });

    test(`NODATA and NXDOMAIN, each with the SOA record (${transport})`, async () => {
      const nodata = await ask(transport, `shop.${DOMAIN}`, 'AAAA');
      assertAuthoritative(nodata, 'NOERROR');
      assert.deepEqual([nodata.answer, nodata.authority], [[], [SOA]]);
      const nxdomain = await ask(transport, `x.api.${DOMAIN}`, 'A');
      assertAuthoritative(nxdomain, 'NXDOMAIN');
      assert.deepEqual([nxdomain.answer, nxdomain.authority], [[], [SOA]]);
    });

    test(`REFUSED for other names, classes and zone transfers (${transport})`, async () => {
      for (const args of [['example.com'], ['.', 'NS'], ['-c', 'CH', 'version.bind', 'TXT']]) {
        const reply = await ask(transport, ...args);
        assert.equal(reply.status, 'REFUSED', reply.text);
        assert.ok(!reply.flags.includes('aa'));
      }
    });
  }

  test('nobody gets a copy of the zone', async () => {
    assert.match((await ask(DOMAIN, 'AXFR')).text, /Transfer failed/);
  });

  test('ANY gets one set of records', async () => {
    const { answer } = await ask(`${DOMAIN}`, 'ANY', '+notcp');
    assert.deepEqual([...new Set(answer.map(line => line.split(' ')[3]))], ['A']);
  });

  test('the letters of the question come back as they were', async () => {
    const { question, answer } = await ask(`ShOp.aPPs.eXample.COM`, 'A');
    assert.equal(question, 'ShOp.aPPs.eXample.COM.');
    assert.match(answer[0] ?? '', /^ShOp\.aPPs\.eXample\.COM\. /);
  });

  test('large replies are truncated to what the client takes, and whole over TCP', async () => {
    const large = `large.${DOMAIN}`;
    for (const size of ['+noedns', '+bufsize=512', '+bufsize=1232', '+bufsize=4096']) {
      const reply = await ask(large, 'TXT', size);
      assert.ok(reply.flags.includes('tc'), size);
      assert.deepEqual(reply.answer, []);
      assert.ok(reply.size <= 512);
    }
    const whole = await ask(large, 'TXT', '+tcp');
    assert.ok(!whole.flags.includes('tc'));
    assert.equal(whole.answer.length, 8);
  });

  test('EDNS is answered with version 0 and 1,232 bytes, and only when it was asked with', async () => {
    assert.match(
      (await ask(DOMAIN, '+bufsize=4096', '+dnssec')).text,
      /version: 0, flags: do; udp: 1232/,
    );
    assert.doesNotMatch((await ask(DOMAIN, '+noedns')).text, /OPT PSEUDOSECTION/);
    const unknown = await ask(DOMAIN, '+edns=7', '+noednsnegotiation');
    assert.equal(unknown.status, 'BADVERS');
    const options = ['+cookie', '+nsid', '+subnet=192.0.2.0/24', '+padding=128'];
    assert.equal((await ask(DOMAIN, ...options)).status, 'NOERROR');
  });

  test('other opcodes are not implemented', async () => {
    assert.equal((await ask(DOMAIN, '+opcode=NOTIFY')).status, 'NOTIMP');
    assert.equal((await ask(DOMAIN, '+opcode=9')).status, 'NOTIMP');
  });
});

test('DnsServer.setZones() replaces everything at once', async () => {
  await using changing = await openDns();
  const healthy = { ...PLATFORM, routerAddresses: [parseIpv4('198.51.100.11')], serial: 8 };
  changing.server.setZones(platformZone(healthy));
  const { answer } = await dig(changing.at, `shop.${DOMAIN}`, 'A');
  assert.deepEqual(answer, [`shop.${DOMAIN}. 5 IN A 198.51.100.11`]);
  assert.match((await dig(changing.at, DOMAIN, 'SOA')).answer[0] ?? '', / 8 3600 /);
  changing.server.setZones([]);
  assert.equal((await dig(changing.at, DOMAIN, 'SOA')).status, 'REFUSED');
});

const hasIpv6 = /^0{31}1 /m.test(readOptional('/proc/net/if_inet6'));

test('DnsServer serves several addresses, also of IPv6', {
  skip: !hasIpv6 && 'this machine has no IPv6 loopback address',
}, async () => {
  await using both = await openDns({ addresses: ['127.0.0.1', '::1'] });
  assert.equal(both.server.endpoints.length, 2);
  for (const endpoint of both.server.endpoints) {
    for (const transport of ['+tcp', '+notcp']) {
      assert.equal((await dig(endpoint, DOMAIN, 'NS', transport)).status, 'NOERROR');
    }
  }
});

function readOptional(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
