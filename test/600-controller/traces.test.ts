import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Bus } from '../../src/bus/bus.ts';
import { poll } from '../../src/core/wait.ts';
import { SUBJECTS } from '../../src/proto/subjects.ts';
import type { Observation, TraceRole, TraceStart } from '../../src/proto/trace.ts';
import { readFixture } from '../../src/trace/correlate/read-fixture.ts';
import { pushApp, startPlatform, type TestPlatform } from './kit/platform.ts';

const FLOW = {
  source: { host: '198.51.100.7', port: 50112 },
  destination: { host: '203.0.113.10', port: 80 },
};
const BODY = { host: 'shop.example.test', path: '/cart', flow: FLOW };

/** An agent that says what it was told to say, under the trace's id. */
class FakeAgent {
  readonly starts: TraceStart[] = [];
  readonly stops: string[] = [];
  readonly #bus: Bus;

  constructor(bus: Bus, role: TraceRole, agent: string) {
    this.#bus = bus;
    bus.subscribe(SUBJECTS.traceStart, message => {
      const start = message.json() as TraceStart;
      this.starts.push(start);
      bus.publish(SUBJECTS.traceArmed, { trace: start.id, role, agent, host: agent });
    });
    bus.subscribe(SUBJECTS.traceStop, message => {
      this.stops.push((message.json() as { id: string }).id);
    });
  }

  say(trace: string, observations: readonly Observation[]): void {
    for (const item of observations) {
      this.#bus.publish(SUBJECTS.traceObservation, { ...item, trace });
    }
  }
}

function recorded(...sources: readonly Observation['source'][]): Observation[] {
  const { observations } = readFixture('three-hosts');
  return observations.filter(({ source }) => sources.includes(source));
}

function withId(trace: string, observations: readonly Observation[]) {
  return { observations: observations.map(item => ({ ...item, trace })) };
}

async function begin({ api }: TestPlatform, body: object = BODY): Promise<string> {
  const { status, body: created } = await api.post('/sprue/v1/traces', body);
  assert.equal(status, 201, JSON.stringify(created));
  return created.id;
}

test('a trace arms the agents, gathers what they say and names who was silent', async () => {
  await using platform = await startPlatform();
  const { api, bus } = platform;
  const { appGuid } = await pushApp(platform);
  const router = new FakeAgent(bus, 'router', 'router-1');
  const presence = { id: 'router-1', host: '10.0.0.11', port: 80 };
  bus.publish(SUBJECTS.routerAlive, presence);
  await bus.flush();

  const created = await api.post('/sprue/v1/traces', { ...BODY, for_ms: 5_000 });
  assert.equal(created.status, 201, JSON.stringify(created.body));
  assert.match(created.body.id, /^[0-9a-f]{32}$/);
  const { id } = created.body;
  const armed = { trace: id, role: 'router', agent: 'router-1', host: 'router-1' };
  assert.deepEqual(created.body.armed, [armed]);
  assert.deepEqual(created.body.silent, [
    { role: 'dea', agent: platform.dea.id, name: platform.dea.id },
  ]);
  assert.deepEqual(router.starts, [
    {
      id,
      forMs: 5_000,
      flow: FLOW,
      host: BODY.host,
      path: '/cart',
      appGuids: [appGuid],
      figures: false,
    },
  ]);

  const path = `/sprue/v1/traces/${id}`;
  const own = recorded('client', 'dns').filter(({ role }) => role === 'client');
  const waiting = api.get(`${path}?wait_ms=5000`);
  router.say(id, recorded('router'));
  const posted = await api.post(`${path}/observations`, withId(id, own));
  assert.equal(posted.status, 204, JSON.stringify(posted.body));
  const { body: snapshot } = await waiting;
  assert.equal(snapshot.complete, true, 'the endpoint is at no DEA that is known');
  const sources = snapshot.observations.map(({ source }: Observation) => source);
  assert.ok(sources.includes('router') && sources.includes('client'));
  assert.equal(snapshot.names.apps[appGuid], 'shop');

  assert.equal((await api.delete(path)).status, 204);
  await poll(() => (router.stops.includes(id) ? true : undefined), {
    intervalMs: 10,
    timeoutMs: 2_000,
  });
  assert.deepEqual(router.stops, [id]);
  assert.equal((await api.get(path)).status, 404);
});

test('traces at the same time do not mix, and waiting ends at its time', async () => {
  await using platform = await startPlatform();
  const { api, bus } = platform;
  const router = new FakeAgent(bus, 'router', 'router-1');
  const [first, second] = await Promise.all([begin(platform), begin(platform)]);
  router.say(first, recorded('router'));
  const seen = await api.until(`/sprue/v1/traces/${first}`, body => body.observations.length === 1);
  assert.equal(seen.observations[0].trace, first);
  const startedMs = performance.now();
  const { body: other } = await api.get(`/sprue/v1/traces/${second}?wait_ms=300`);
  assert.ok(performance.now() - startedMs >= 290);
  assert.deepEqual([other.complete, other.observations], [false, []]);
});

test('what an agent says is checked, and only its own words count', async () => {
  await using platform = await startPlatform();
  const { api, bus } = platform;
  const agent = new FakeAgent(bus, 'router', 'router-1');
  const id = await begin(platform);
  bus.publish(SUBJECTS.traceObservation, { trace: id, source: 'router', nonsense: true });
  bus.publish(SUBJECTS.traceObservation, 'no object');
  agent.say(id, recorded('client'));
  agent.say(id, Array.from({ length: 150 }, () => recorded('router')).flat());
  await bus.flush();
  await delay(200);
  const { body } = await api.get(`/sprue/v1/traces/${id}`);
  assert.ok(body.observations.every(({ source }: Observation) => source === 'router'));
  assert.equal(body.observations.length, 100, 'memory is bounded');
  for (const observations of [recorded('router'), recorded('client')]) {
    const refused = await api.post(`/sprue/v1/traces/${id}/observations`, { observations });
    assert.equal(refused.status, 422, 'another role, another trace');
  }
});

test('a client that reached nobody makes the agents tell what did not come', async () => {
  await using platform = await startPlatform();
  const edge = new FakeAgent(platform.bus, 'edge', 'edge-1');
  const id = await begin(platform);
  const [client] = recorded('client');
  assert.ok(client?.source === 'client');
  const lost = { ...client, outcome: 'connect-timeout', status: undefined, requestId: undefined };
  await platform.api.post(`/sprue/v1/traces/${id}/observations`, {
    observations: [{ ...lost, trace: id }],
  });
  await poll(() => (edge.stops.length > 0 ? true : undefined), {
    intervalMs: 10,
    timeoutMs: 2_000,
  });
  assert.deepEqual(edge.stops, [id]);
});

test('bad requests are refused with a sentence', async () => {
  await using platform = await startPlatform();
  const { api } = platform;
  const foreign = await api.post('/sprue/v1/traces', { ...BODY, host: 'www.example.org' });
  assert.equal(foreign.status, 422);
  assert.equal(foreign.body.errors[0].sprue.code, 'TRACE_FOREIGN');
  assert.match(foreign.body.errors[0].detail, /www\.example\.org.*example\.test/);
  for (const change of [
    { path: '/cart?secret=1' },
    { path: 'cart' },
    { flow: { source: FLOW.source } },
    { for_ms: 60_000 },
    { unknown: 1 },
  ]) {
    const refused = await api.post('/sprue/v1/traces', { ...BODY, ...change });
    assert.equal(refused.status, 422, JSON.stringify(change));
  }
  const id = await begin(platform);
  assert.equal((await api.get(`/sprue/v1/traces/${id}?wait_ms=soon`)).status, 400);
  assert.equal((await api.get(`/sprue/v1/traces/${'0'.repeat(32)}`)).status, 404);
  const { token } = api;
  api.token = '';
  assert.equal((await api.get(`/sprue/v1/traces/${id}`)).status, 401);
  assert.equal((await api.post('/sprue/v1/traces', BODY)).status, 401);
  api.token = token;
});

test('there is a limit to the traces at one time', async () => {
  await using platform = await startPlatform();
  await Promise.all(Array.from({ length: 64 }, () => begin(platform)));
  const refused = await platform.api.post('/sprue/v1/traces', BODY);
  assert.equal(refused.status, 503);
  assert.match(refused.body.errors[0].detail, /64 traces/);
});
