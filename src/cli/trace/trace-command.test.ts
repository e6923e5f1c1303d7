import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type HopTable, hopTableSchema } from '../../proto/hop-table.ts';
import { type Observation, type ObservationOf, observationSchema } from '../../proto/trace.ts';
import { TRACE_HEADER } from '../../proto/trace-limits.ts';
import type { TraceCreate } from '../../proto/v3/trace.ts';
import { type CliRun, runCaptured, temporaryDirectory } from '../testing/capture.ts';
import { FakePlatform } from '../testing/fake-platform.ts';
import type { ServedAnswer, ServedRequest } from '../testing/json-server.ts';

const ID = '0123456789abcdef0123456789abcdef';

interface Play {
  /** The app's answer to the marked request. */
  readonly answer?: ServedAnswer;
  /** Refuses the trace. */
  readonly refusal?: ServedAnswer;
}

interface Played extends CliRun {
  readonly created: TraceCreate | undefined;
  readonly told: readonly Observation[];
  readonly marked: ServedRequest | undefined;
  readonly requests: readonly string[];
}

/** Runs `sprue trace` against a controller that knows one router, which is the controller itself. */
async function play(
  args: (url: string) => readonly string[],
  { answer = { body: 'hello' }, refusal }: Play = {},
): Promise<Played> {
  await using platform = await FakePlatform.start();
  await using home = await temporaryDirectory();
  let created: TraceCreate | undefined;
  let told: Observation[] = [];
  let marked: ServedRequest | undefined;
  const common = { id: ID, armed: [], silent: [{ role: 'dea', agent: 'dea-1', name: 'dea-1' }] };
  platform.behaviour.intercept = request => {
    const { method, path, headers, body } = request;
    if (headers[TRACE_HEADER] !== undefined) {
      marked = request;
      return { ...answer, headers: { 'x-vcap-request-id': 'request-1', ...answer.headers } };
    }
    if (!path.startsWith('/sprue/v1/traces')) return undefined;
    if (refusal) return refusal;
    if (method === 'DELETE') return { status: 204 };
    if (path.endsWith('/observations')) {
      told = JSON.parse(body.toString()).observations;
      return { status: 204 };
    }
    if (method === 'POST') {
      created = JSON.parse(body.toString());
      return { status: 201, body: { ...common, for_ms: 1_000 } };
    }
    const names = { hosts: {}, apps: {} };
    return { body: { ...common, complete: false, observations: told, names } };
  };
  const { port } = new URL(platform.server.url);
  const url = `http://127.0.0.1:${port}/cart?token=s3cret`;
  const run = await runCaptured(args(url), { env: platform.env(home.path) });
  return { ...run, created, told, marked, requests: platform.server.requests };
}

function clientOf(told: readonly Observation[]): ObservationOf<'client'> {
  const client = told.find(({ source }) => source === 'client');
  assert.ok(client?.source === 'client');
  return client;
}

describe('sprue trace', () => {
  test('announces its connection, sends one marked request over it and tells what it saw', async () => {
    const { exitCode, stdout, created, told, marked, requests } = await play(url => ['trace', url]);
    assert.equal(exitCode, 0, stdout);
    const client = clientOf(told);
    assert.deepEqual(created?.flow, client.flow);
    assert.equal(created?.path, '/cart', 'the query goes to nobody but the app');
    assert.equal(marked?.headers[TRACE_HEADER], ID);
    assert.equal(marked?.query.get('token'), 's3cret');
    assert.deepEqual(
      [client.outcome, client.status, client.requestId],
      ['answered', 200, 'request-1'],
    );
    for (const observation of told) observationSchema.parse(observation);
    assert.equal(requests.at(-1), `DELETE /sprue/v1/traces/${ID}`, 'the agents disarm');
    assert.match(stdout, /^GET http:\/\/127\.0\.0\.1:\d+\/cart\?token=… → 200 in /);
    assert.doesNotMatch(stdout, /s3cret/);
    assert.match(stdout, /No DNS hop: the URL has an address/);
    assert.match(stdout, /DEA dea-1 did not say that it is ready/);
  });

  test('--json is one hop table of the published schema, secrets only when asked for', async () => {
    const { stdout } = await play(url => ['trace', url, '--json']);
    const table: HopTable = hopTableSchema.parse(JSON.parse(stdout));
    assert.equal(table.request.id, 'request-1');
    assert.doesNotMatch(stdout, /s3cret/);
    const open = await play(url => ['trace', url, '--json', '--show-secrets']);
    assert.match(open.stdout, /token=s3cret/);
  });

  test('exit codes are for scripts', async () => {
    const failing = { answer: { status: 502 } };
    assert.equal((await play(url => ['trace', url], failing)).exitCode, 6);
    assert.equal((await play(url => ['trace', url, '--expect', '502'], failing)).exitCode, 0);
    const unexpected = await play(url => ['trace', url, '--expect', '201']);
    assert.equal(unexpected.exitCode, 6);
    assert.match(unexpected.stderr, /Expected status 201, got 200/);
  });

  test('method, headers and body go with the request and nowhere else', async () => {
    const { marked, stdout } = await play(url => [
      ...['trace', url, '-d', 'name=x', '-H', 'Authorization: Bearer abc', '-H', 'X-Two: 2'],
      ...['--raw', '--explain', '--figures', '--json'],
    ]);
    assert.equal(marked?.method, 'POST');
    assert.equal(marked?.body.toString(), 'name=x');
    assert.equal(marked?.headers.authorization, 'Bearer abc');
    assert.equal(marked?.headers['x-two'], '2');
    assert.doesNotMatch(stdout, /Bearer/);
  });

  test('a foreign host is refused by the platform, before anything is sent', async () => {
    const refusal = {
      status: 422,
      body: {
        errors: [
          {
            code: 10008,
            title: 'CF-UnprocessableEntity',
            detail: '“127.0.0.1” is not of this platform: its domains are example.test.',
            sprue: { code: 'TRACE_FOREIGN', next: '' },
          },
        ],
      },
    };
    const { exitCode, stderr, marked } = await play(url => ['trace', url], { refusal });
    assert.equal(exitCode, 2);
    assert.match(stderr, /is not of this platform/);
    assert.equal(marked, undefined);
  });

  test('a name that does not resolve is a table too', async () => {
    const resolver = ['--resolver', '127.0.0.1:9'];
    const { exitCode, stdout, created } = await play(() => [
      ...['trace', 'http://shop.example.invalid/', ...resolver],
    ]);
    assert.equal(exitCode, 6);
    assert.equal(created, undefined);
    assert.match(stdout, /✗ 1 {2}DNS/);
    assert.match(
      stdout,
      /expected {3}an address for shop\.example\.invalid\n {2}found +nothing listens there/,
    );
  });

  test('what makes no sense is refused with a sentence', async () => {
    for (const [args, reason] of [
      [['https://shop.example.test'], /https/],
      [['http://shop.example.test', '-H', 'no header'], /is no header/],
      [['http://shop.example.test', '-H', 'X: a\r\nY: b'], /is no header/],
      [['http://shop.example.test', '-X', 'GET /'], /is no method/],
      [['http://shop.example.test', '--connect-to', 'there'], /is no IPv4 address/],
      [['http://shop.example.test', '--expect', 'ok'], /whole number/],
    ] as const) {
      const { exitCode, stderr } = await play(() => ['trace', ...args]);
      assert.equal(exitCode, 2, args.join(' '));
      assert.match(stderr, reason);
    }
  });
});
