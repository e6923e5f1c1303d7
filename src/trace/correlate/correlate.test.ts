import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type Hop, type HopSide, type HopTable, hopTableSchema } from '../../proto/hop-table.ts';
import type { Observation } from '../../proto/trace.ts';
import type { TraceSnapshot } from '../../proto/v3/trace.ts';
import { correlate } from './correlate.ts';
import { formatFlow } from './flow.ts';
import { readFixture } from './read-fixture.ts';

const REQUEST = { method: 'GET', url: 'http://shop.example.test/' };

function hopsOf(name: string): HopTable {
  return correlate(REQUEST, readFixture(name));
}

/** One line per hop: what a person reads first. */
function outline({ hops }: HopTable): string[] {
  return hops.map(hop =>
    [
      `${hop.n} ${hop.direction === 'return' ? '← ' : ''}${hop.hop}@${hop.where}`,
      ...(hop.state === 'seen' ? [] : [hop.state.toUpperCase()]),
      `${sideText(hop.before)} ⇒ ${sideText(hop.after)}`,
    ].join(' '),
  );
}

function sideText(side: HopSide | null): string {
  if (side === null) return '–';
  return side.type === 'text' ? side.text : formatFlow(side);
}

function hop(table: HopTable, kind: Hop['kind'], attempt?: number): Hop {
  const found = table.hops.find(
    item => item.kind === kind && (attempt === undefined || item.attempt?.n === attempt),
  );
  assert.ok(found, `no hop ${kind}`);
  return found;
}

describe('correlate()', () => {
  test('three hosts: every hop there and back, each NAT with what it changed', () => {
    const table = hopsOf('three-hosts');
    assert.deepEqual(outline(table), [
      '1 DNS@edge-1 shop.example.test A? ⇒ 203.0.113.10',
      '2 client@client shop.example.test ⇒ 198.51.100.7:50112 → 203.0.113.10:80',
      '3 edge NAT@edge-1 198.51.100.7:50112 → 203.0.113.10:80 ⇒ 198.51.100.7:50112 → 10.0.0.11:80',
      '4 router@router-1 198.51.100.7:50112 → 10.0.0.11:80 ⇒ endpoint 10.0.0.12:61001',
      '5 connection@router-1 – ⇒ 10.0.0.11:41822 → 10.0.0.12:61001',
      '6 host NAT@dea-2 10.0.0.11:41822 → 10.0.0.12:61001 ⇒ 10.0.0.11:41822 → 10.254.0.6:8080',
      '7 veth@dea-2 10.0.0.11:41822 → 10.254.0.6:8080 ⇒ w-1a2b3c4d ═══ eth0',
      '8 app@shop/1 10.0.0.11:41822 → 10.254.0.6:8080 ⇒ node (pid 8812)',
      '9 ← host NAT@dea-2 10.254.0.6:8080 → 10.0.0.11:41822 ⇒ 10.0.0.12:61001 → 10.0.0.11:41822',
      '10 ← router@router-1 10.0.0.12:61001 → 10.0.0.11:41822 ⇒ 10.0.0.11:80 → 198.51.100.7:50112',
      '11 ← edge NAT@edge-1 10.0.0.11:80 → 198.51.100.7:50112 ⇒ 203.0.113.10:80 → 198.51.100.7:50112',
      '12 ← client@client 203.0.113.10:80 → 198.51.100.7:50112 ⇒ status 200',
    ]);
    assert.deepEqual(table.verdict, {
      ok: true,
      firstWrongHop: null,
      text: 'answered 200 by shop/1',
    });
    assert.deepEqual(hop(table, 'edge-nat').changed, ['destination']);
    assert.deepEqual(hop(table, 'host-nat').changed, ['destination']);
    assert.deepEqual(table.hops[8]?.changed, ['source']);
    assert.deepEqual(
      table.hops.filter(({ opensConnection }) => opensConnection).map(({ n }) => n),
      [5],
    );
    assert.match(
      hop(table, 'dns').decidedBy.join(' | '),
      /authoritative.*record \*\.example\.test/,
    );
    assert.deepEqual(hop(table, 'router').decidedBy, [
      'route shop.example.test → app shop',
      '3 endpoints, round-robin',
    ]);
    assert.deepEqual(hop(table, 'connection').decidedBy, ['attempt 1 of 3: shop/1 on dea-2']);
  });

  test('milliseconds are of one clock each: client, router, router, client', () => {
    const table = hopsOf('three-hosts');
    const measured = table.hops.map(({ ms }) => (ms === null ? null : Math.round(ms * 10) / 10));
    assert.deepEqual(measured, [
      1.1,
      0.4,
      null,
      0.4,
      0.3,
      null,
      null,
      15.9,
      null,
      null,
      null,
      18.4,
    ]);
  });

  test('one machine: no DNS hop, no edge hop, and it says why', () => {
    const table = hopsOf('one-machine');
    assert.deepEqual(outline(table), [
      '1 client@vm-1 hello.sprue.localhost ⇒ 127.0.0.1:41000 → 127.0.0.1:80',
      '2 router@vm-1 127.0.0.1:41000 → 127.0.0.1:80 ⇒ endpoint 192.0.2.2:61001',
      '3 connection@vm-1 – ⇒ 192.0.2.2:52000 → 192.0.2.2:61001',
      '4 host NAT@vm-1 192.0.2.2:52000 → 192.0.2.2:61001 ⇒ 192.0.2.2:52000 → 10.254.0.6:8080',
      '5 veth@vm-1 192.0.2.2:52000 → 10.254.0.6:8080 ⇒ w-1a2b3c4d ═══ eth0',
      '6 app@hello/0 192.0.2.2:52000 → 10.254.0.6:8080 ⇒ node (pid 8812)',
      '7 ← host NAT@vm-1 10.254.0.6:8080 → 192.0.2.2:52000 ⇒ 192.0.2.2:61001 → 192.0.2.2:52000',
      '8 ← router@vm-1 192.0.2.2:61001 → 192.0.2.2:52000 ⇒ 127.0.0.1:80 → 127.0.0.1:41000',
      '9 ← client@vm-1 127.0.0.1:80 → 127.0.0.1:41000 ⇒ status 200',
    ]);
    assert.deepEqual(table.notes, [
      'No DNS hop: names below .localhost are this machine itself (RFC 6761).',
      'No edge hop: the client dialled the router itself.',
    ]);
  });

  test('a kept connection is shown as such, with its age', () => {
    const table = hopsOf('reused-connection');
    const connection = hop(table, 'connection');
    assert.equal(connection.state, 'reused');
    assert.equal(connection.ms, null);
    assert.match(
      connection.decidedBy.join(' | '),
      /kept connection, opened 12\.3 s before, request 5 on it/,
    );
    assert.equal(hop(table, 'host-nat').state, 'reused');
    assert.equal(table.verdict.ok, true);
  });

  test('an app on loopback: refused at the app, with what should listen and what does', () => {
    const table = hopsOf('loopback-bind');
    const app = hop(table, 'app');
    assert.equal(app.state, 'refused');
    assert.equal(app.expected, 'a listener on 0.0.0.0:8080 or [::]:8080');
    assert.equal(app.found, 'node (pid 8812) listens on 127.0.0.1:8080');
    assert.equal(hop(table, 'host-nat').state, 'seen');
    assert.equal(hop(table, 'veth').state, 'seen');
    assert.deepEqual([table.verdict.ok, table.verdict.firstWrongHop], [false, app.n]);
    assert.match(table.verdict.text, /^hop 8, app at shop\/1: expected a listener/);
    assert.deepEqual(outline(table).slice(8), [
      '9 ← router@router-1 502 endpoint_failure (connection refused) ⇒ 10.0.0.11:80 → 198.51.100.7:50112',
      '10 ← edge NAT@edge-1 10.0.0.11:80 → 198.51.100.7:50112 ⇒ 203.0.113.10:80 → 198.51.100.7:50112',
      '11 ← client@client 203.0.113.10:80 → 198.51.100.7:50112 ⇒ status 502',
    ]);
  });

  test('a host that is cut off: no report, and nothing is made up behind it', () => {
    const table = hopsOf('dea-cut');
    const nat = hop(table, 'host-nat');
    assert.deepEqual([nat.state, nat.where], ['no-report', 'dea-2']);
    assert.equal(nat.found, 'no answer to the SYN; dea-2 did not report');
    assert.equal(table.verdict.firstWrongHop, nat.n);
    assert.ok(!table.hops.some(({ kind }) => kind === 'veth' || kind === 'app'));
    assert.deepEqual(table.notes, ['DEA dea-2 did not say that it is ready for the trace.']);
  });

  test('a host that looked and saw no packet: nothing arrived here', () => {
    const table = hopsOf('nothing-arrived');
    const nat = hop(table, 'host-nat');
    assert.equal(nat.state, 'nothing-arrived');
    assert.equal(nat.expected, 'a SYN from the router to 10.0.0.12:61001');
    assert.ok(!table.hops.some(({ kind }) => kind === 'app'));
  });

  test('a retry: both attempts with their own rows, the one that failed does not spoil the verdict', () => {
    const table = hopsOf('retry');
    assert.deepEqual(
      table.hops
        .filter(({ attempt }) => attempt)
        .map(({ hop, attempt, state }) => [attempt?.n, attempt?.of, hop, state]),
      [
        [1, 3, 'connection', 'seen'],
        [1, 3, 'host NAT', 'refused'],
        [2, 3, 'connection', 'seen'],
        [2, 3, 'host NAT', 'seen'],
        [2, 3, 'veth', 'seen'],
        [2, 3, 'app', 'seen'],
      ],
    );
    assert.deepEqual(table.verdict, {
      ok: true,
      firstWrongHop: null,
      text: 'answered 200 by shop/1',
    });
    assert.match(hop(table, 'router').decidedBy.join(), /2 attempts/);
    assert.equal(
      hop(table, 'host-nat', 1).expected,
      'an element for tcp . 61002 in the map of host ports',
    );
  });

  test('an unknown route and an app without endpoints end at the router', () => {
    for (const [name, expected, found] of [
      [
        'unknown-route',
        'a route for this host and path',
        '404 unknown_route, answered by the router itself',
      ],
      [
        'no-endpoints',
        'a ready instance of shop',
        '503 no_endpoints, answered by the router itself',
      ],
    ] as const) {
      const table = hopsOf(name);
      const router = hop(table, 'router');
      assert.deepEqual([router.state, router.expected, router.found], ['failed', expected, found]);
      assert.equal(table.verdict.firstWrongHop, router.n);
      assert.equal(table.verdict.ok, false);
      assert.equal(table.hops.at(-1)?.direction, 'return', 'the answer came back nevertheless');
    }
  });

  test('a name that does not exist ends at DNS', () => {
    const table = hopsOf('name-unknown');
    assert.deepEqual(outline(table), ['1 DNS@203.0.113.53 FAILED shop.example.test A? ⇒ –']);
    assert.equal(table.verdict.text.includes('NXDOMAIN: the name does not exist'), true);
  });

  test('an answer of our own name server is told with the record it came from', () => {
    const base = readFixture('loopback-bind');
    const zone = { host: 'edge-1', addresses: ['203.0.113.53'], record: '*.example.test' };
    const asked = (addresses: readonly string[]) => {
      const names = { ...base.names, zone: { ...zone, addresses } };
      return hop(correlate(REQUEST, { ...base, names }), 'dns');
    };
    const own = asked(zone.addresses);
    assert.equal(own.where, 'edge-1');
    assert.ok(own.decidedBy.includes('record *.example.test'));
    assert.equal(
      asked(['203.0.113.5']).where,
      '203.0.113.53',
      'another server’s answer is its own',
    );
  });

  test('a dead router: the edge is good, the connection is refused behind it', () => {
    const table = hopsOf('router-dead');
    assert.equal(hop(table, 'edge-nat').state, 'seen');
    const router = hop(table, 'router');
    assert.deepEqual([router.state, router.where], ['refused', '10.0.0.11']);
    assert.equal(router.expected, 'a router on 10.0.0.11:80');
    assert.equal(table.verdict.firstWrongHop, router.n);
  });

  test('a rule of the edge that drops is named', () => {
    const table = hopsOf('edge-drops');
    const edge = hop(table, 'edge-nat');
    assert.deepEqual([edge.state, edge.found], ['refused', 'tcp dport != @served drop']);
    assert.ok(!table.hops.some(({ kind }) => kind === 'router'));
  });

  test('a NAT that is not ours is inferred, there and back', () => {
    const table = hopsOf('external-nat');
    const foreign = table.hops.filter(({ kind }) => kind === 'external-nat');
    assert.deepEqual(
      foreign.map(({ direction, state, changed }) => [direction, state, changed]),
      [
        ['forward', 'inferred', ['source']],
        ['return', 'inferred', ['destination']],
      ],
    );
    assert.equal(table.verdict.ok, true);
  });

  test('the source of a container is masqueraded by its own host, which is named', () => {
    const table = correlate(
      REQUEST,
      change('external-nat', { client: { containerOn: '10.0.0.13' } }),
    );
    const lent = hop(table, 'external-nat');
    assert.deepEqual([lent.hop, lent.where, lent.state], ['masquerade', 'dea-1', 'inferred']);
    assert.equal(table.hops.findLast(({ kind }) => kind === 'external-nat')?.where, 'dea-1');
  });

  test("the platform's own endpoint has no host port and no container", () => {
    const table = hopsOf('platform-endpoint');
    assert.ok(!table.hops.some(({ kind }) => kind === 'host-nat' || kind === 'veth'));
    assert.equal(hop(table, 'app').hop, 'platform');
    assert.equal(table.verdict.ok, true);
  });

  test('an error that the app answers itself is its own', () => {
    const snapshot = change('three-hosts', {
      client: { status: 500 },
      router: { status: 500 },
    });
    const table = correlate(REQUEST, snapshot);
    assert.equal(hop(table, 'app').found, '500, answered by the app itself');
    assert.equal(table.verdict.ok, false);
  });

  test('what an app does with a connection that it took is told', () => {
    const missing = { expected: 'an answer', firstByteMs: undefined };
    const brokenOff = { expected: 'a whole answer', firstByteMs: 15.9 };
    for (const [outcome, { expected, firstByteMs }, found] of [
      ['eof', missing, 'it closed the connection before answering'],
      ['reset', missing, 'it reset the connection before answering'],
      ['response_timeout', missing, 'no answer in time; 78 bytes lie unread in its socket'],
      ['eof', brokenOff, 'it closed the connection in the middle of its answer'],
      ['reset', brokenOff, 'it reset the connection in the middle of its answer'],
    ] as const) {
      const base = readFixture('three-hosts');
      const snapshot = {
        ...base,
        observations: base.observations.map(item => {
          if (item.source === 'client') return { ...item, status: 502 };
          if (item.source === 'container' && item.connection && outcome === 'response_timeout') {
            return { ...item, connection: { ...item.connection, unreadBytes: 78 } };
          }
          if (item.source !== 'router') return item;
          const attempts = item.attempts.map(attempt => ({
            ...attempt,
            outcome,
            firstByteMs,
          }));
          return { ...item, status: 502, attempts };
        }) as Observation[],
      };
      const app = hop(correlate(REQUEST, snapshot), 'app');
      assert.deepEqual([app.state, app.expected, app.found], ['failed', expected, found]);
    }
  });

  test('clocks that differ by ten seconds, and the order of arrival, change nothing', () => {
    const straight = hopsOf('three-hosts');
    const base = readFixture('three-hosts');
    const skewMs: Record<string, number> = {
      'edge-1': 10_000,
      'router-1': -10_000,
      'dea-2': 7_000,
    };
    for (const reorder of [(items: Observation[]) => items.toReversed(), rotate]) {
      const observations = reorder(
        base.observations.map(item => ({ ...item, atMs: item.atMs + (skewMs[item.host] ?? 0) })),
      );
      assert.deepEqual(correlate(REQUEST, { ...base, observations }), straight);
    }
  });

  test('observations of another trace do not mix in', () => {
    const straight = hopsOf('three-hosts');
    const base = readFixture('three-hosts');
    const other = readFixture('loopback-bind').observations.map(item => ({
      ...item,
      trace: 'f'.repeat(32),
    }));
    const observations = [...other, ...base.observations, ...other];
    assert.deepEqual(correlate(REQUEST, { ...base, observations }), straight);
  });

  test('a mark that was used twice: the request id of the answer decides', () => {
    const base = readFixture('three-hosts');
    const stranger = readFixture('retry').observations.map(item => {
      if (item.source === 'router') return { ...item, requestId: 'another' };
      if (item.source !== 'dea-nat' && item.source !== 'container') return item;
      return { ...item, subject: { ...item.subject, requestId: 'another' } };
    });
    const others = stranger.filter(({ source }) => source !== 'client' && source !== 'dns');
    const table = correlate(REQUEST, {
      ...base,
      observations: [...others, ...base.observations],
    });
    assert.deepEqual(outline(table), outline(hopsOf('three-hosts')));
  });

  test('a host that found another connection than the router names is not believed', () => {
    const snapshot = change('three-hosts', {
      'dea-nat': {
        before: {
          source: { host: '10.0.0.11', port: 9 },
          destination: { host: '10.0.0.12', port: 61001 },
        },
      },
    });
    const table = correlate(REQUEST, snapshot);
    assert.equal(hop(table, 'host-nat').state, 'no-report');
    assert.equal(hop(table, 'app').state, 'inferred');
    assert.equal(table.verdict.text, 'answered 200 by shop/1; one hop was not reported');
  });

  test('every fixture makes a table that keeps to the published schema', () => {
    for (const file of readdirSync(join(import.meta.dirname, 'fixtures'))) {
      const table = hopsOf(file.replace('.json', ''));
      assert.deepEqual(hopTableSchema.parse(table), table, file);
      assert.deepEqual(
        table.hops.map(({ n }) => n),
        table.hops.map((_, index) => index + 1),
      );
    }
  });
});

type Changes = Readonly<Partial<Record<Observation['source'], object>>>;

function change(name: string, changes: Changes): TraceSnapshot {
  const base = readFixture(name);
  return {
    ...base,
    observations: base.observations.map(
      item => ({ ...item, ...changes[item.source] }) as Observation,
    ),
  };
}

function rotate<T>(items: readonly T[]): T[] {
  return [...items.slice(3), ...items.slice(0, 3)];
}
