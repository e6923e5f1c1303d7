import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import type { FloatingIpList, FloatingIpResource } from '../proto/v3/floating-ip.ts';
import { runCaptured, temporaryDirectory } from './testing/capture.ts';
import { FakePlatform } from './testing/fake-platform.ts';

const ROUTER = { address: '10.0.0.11', name: 'router-1' };
const SINCE = '2026-01-02T03:04:05Z';

function floatingIp(changes: Partial<FloatingIpResource> = {}): FloatingIpResource {
  return {
    address: '203.0.113.1',
    created_at: SINCE,
    state: 'serving',
    router: ROUTER,
    serving: { edge: 'edge-1', router: ROUTER, since: SINCE },
    problem: null,
    ...changes,
  };
}

/** Runs one command line; `answers` are by method and path. Bodies that were sent are kept. */
async function runWith(answers: Readonly<Record<string, unknown>>, ...argv: readonly string[]) {
  await using platform = await FakePlatform.start();
  await using home = await temporaryDirectory();
  const bodies: unknown[] = [];
  platform.behaviour.intercept = ({ method, path, body }) => {
    const answer = answers[`${method} ${path}`];
    if (answer === undefined) return undefined;
    bodies.push(body.length === 0 ? null : JSON.parse(body.toString()));
    return answer === null ? { status: 204 } : { body: answer };
  };
  return { ...(await runCaptured(argv, { env: platform.env(home.path) })), bodies };
}

const LIST = 'GET /sprue/v1/floating_ips';
const POOLS = [{ edge: 'edge-1', network: '203.0.113.0/28', size: 16, allocated: 3 }];

describe('floating-ip', () => {
  test('list shows where each leads, and the pool', async () => {
    const moved = { address: '10.0.0.12', name: 'router-2' };
    const list: FloatingIpList = {
      resources: [
        floatingIp(),
        floatingIp({
          address: '203.0.113.2',
          state: 'moved',
          serving: { edge: 'edge-1', router: moved, since: SINCE },
        }),
        floatingIp({ address: '203.0.113.3', state: 'unassociated', router: null, serving: null }),
      ],
      pools: POOLS,
    };
    const { stdout, stderr } = await runWith({ [LIST]: list }, 'floating-ip', 'list');
    assert.equal(
      stdout.replaceAll(/ {2,}/g, '  '),
      `ADDRESS  STATE  ROUTER  LEADS TO  EDGE
203.0.113.1  serving  router-1 (10.0.0.11)  router-1 (10.0.0.11)  edge-1
203.0.113.2  moved  router-1 (10.0.0.11)  router-2 (10.0.0.12)  edge-1
203.0.113.3  unassociated
`,
    );
    assert.equal(stderr, 'Pool 203.0.113.0/28 on edge-1: 3 of 16 allocated.\n');
    const json = await runWith({ [LIST]: list }, 'floating-ip', 'list', '--json');
    assert.deepEqual(JSON.parse(json.stdout), list);
  });

  test('allocate prints the address alone, for scripts, and says what is missing', async () => {
    const fresh = floatingIp({ state: 'unassociated', router: null, serving: null });
    const answers = { 'POST /sprue/v1/floating_ips': fresh };
    const { stdout, stderr, bodies } = await runWith(answers, 'floating-ip', 'allocate');
    assert.equal(stdout, '203.0.113.1\n');
    assert.match(stderr, /leads nowhere yet: `sprue floating-ip associate 203\.0\.113\.1 ROUTER`/);
    assert.deepEqual(bodies, [{}]);
    const argv = ['floating-ip', 'allocate', '203.0.113.1', '--router', 'router-1'];
    assert.deepEqual((await runWith(answers, ...argv)).bodies, [
      { address: '203.0.113.1', router: 'router-1' },
    ]);
  });

  test('associate, disassociate and release', async () => {
    const path = '/sprue/v1/floating_ips/203.0.113.1';
    const patch = { [`PATCH ${path}`]: floatingIp() };
    const to = await runWith(patch, 'floating-ip', 'associate', '203.0.113.1', 'router-1');
    assert.deepEqual(to.bodies, [{ router: 'router-1' }]);
    assert.equal(to.stderr, '203.0.113.1 leads to router-1 (10.0.0.11).\n');
    const from = await runWith(patch, 'floating-ip', 'disassociate', '203.0.113.1');
    assert.deepEqual(from.bodies, [{ router: null }]);
    const asked = await runWith({}, 'floating-ip', 'release', '203.0.113.1');
    assert.equal(asked.exitCode, 2, 'nobody can be asked');
    const gone = { [`DELETE ${path}`]: null };
    const released = await runWith(gone, 'floating-ip', 'release', '203.0.113.1', '-f');
    assert.deepEqual([released.exitCode, released.stderr], [0, 'Released 203.0.113.1.\n']);
  });
});

test('dns without an edge says so; exit 6', async () => {
  const { exitCode, stderr } = await runWith({ 'GET /sprue/v1/dns': { edges: [] } }, 'dns');
  assert.equal(exitCode, 6);
  assert.match(stderr, /There is no edge that answers DNS\./);
});

test('bash completes both words of a command, then its flags', async () => {
  const { stdout } = await runCaptured(['completion', 'bash'], {
    env: { SPRUE_HOME: '/nonexistent' },
  });
  const complete = (...words: readonly string[]) => {
    const script = `${stdout}\nCOMP_WORDS=(${words.map(word => `'${word}'`).join(' ')})
COMP_CWORD=${words.length - 1}; _sprue; echo "\${COMPREPLY[@]}"`;
    return spawnSync('bash', ['-c', script], { encoding: 'utf8' }).stdout.trim();
  };
  assert.equal(complete('sprue', 'floating-ip', 'a'), 'allocate associate');
  assert.equal(complete('sprue', 'floating-ip', 'allocate', '--r'), '--router');
  assert.equal(complete('sprue', 'fl'), 'floating-ip');
  assert.equal(complete('sprue', 'push', '--dry'), '--dry-run');
});
