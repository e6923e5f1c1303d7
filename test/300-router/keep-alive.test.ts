import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../kit/eventually.ts';
import { answer, bodyOf, get, ProxyLab, statusOf } from '../kit/proxy-lab.ts';

test('requests of many clients share connections to the endpoint', async () => {
  await using lab = await ProxyLab.start();
  const origin = await lab.origin(socket => socket.write(answer('ok')));
  for (let i = 0; i < 5; i++) await lab.ask(get());
  assert.equal(origin.connections, 1);
  assert.equal((await lab.record(4)).reusedConnection, true);
});

test('pipelined requests are answered in order, one at a time', async () => {
  await using lab = await ProxyLab.start();
  let running = 0;
  await lab.origin((socket, head) => {
    assert.equal(++running, 1);
    const path = head.split(' ')[1] ?? '';
    setTimeout(() => {
      running--;
      socket.write(answer(path));
    }, 5);
  });
  const client = lab.client();
  const paths = Array.from({ length: 20 }, (_, i) => `/${i}`);
  client.send(paths.map(path => get(path, '')).join('') + get('/last'));
  await client.closed();
  const bodies = client.text
    .split(/HTTP\/1\.1 200 OK\r\n/)
    .slice(1)
    .map(bodyOf);
  assert.deepEqual(bodies, [...paths, '/last']);
});

test('many pipelined local answers do not nest', async () => {
  await using lab = await ProxyLab.start();
  const client = lab.client();
  client.send('GET / HTTP/1.1\r\nHost: nobody\r\n\r\n'.repeat(20_000));
  await eventually(() => client.text.match(/unknown_route/g)?.length === 20_000);
});

test('a connection that the endpoint closed meanwhile is not used', async () => {
  await using lab = await ProxyLab.start();
  const origin = await lab.origin(socket => {
    socket.write(answer('ok'));
    setTimeout(() => socket.end(), 20);
  });
  await lab.ask(get());
  await eventually(() => lab.proxy.counters.endpointConnections === 0);
  assert.equal(statusOf(await lab.ask(get())), 200);
  assert.equal(origin.connections, 2);
  assert.equal(lab.proxy.counters.staleConnections, 0);
});

test('a race with the endpoint closing is repaired silently', async () => {
  await using lab = await ProxyLab.start();
  let requests = 0;
  const origin = await lab.origin(socket => {
    requests++;
    if (requests === 2) socket.resetAndDestroy();
    else socket.write(answer('ok'));
  });
  await lab.ask(get());
  assert.equal(statusOf(await lab.ask(get())), 200);
  assert.equal(origin.connections, 2);
  assert.equal(lab.proxy.counters.staleConnections, 1);
  assert.equal((await lab.record(1)).failedAttempts, 0, 'nobody failed');
});

test('the same race with a POST is an error: it may have been carried out', async () => {
  await using lab = await ProxyLab.start();
  let requests = 0;
  await lab.origin(socket => {
    if (++requests === 2) socket.end();
    else socket.write(answer('ok'));
  });
  await lab.ask(get());
  const text = await lab.ask(
    'POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi',
  );
  assert.equal(statusOf(text), 502);
  assert.equal(requests, 2);
});

test('Keep-Alive: timeout of the endpoint is honoured, a second early', async () => {
  await using lab = await ProxyLab.start();
  const origin = await lab.origin(socket => socket.write(answer('', 'Keep-Alive: timeout=1\r\n')));
  await lab.ask(get());
  await eventually(() => lab.proxy.counters.endpointConnections === 0);
  await lab.ask(get());
  assert.equal(origin.connections, 2);
});

test('an idle connection is closed after its time', async () => {
  await using lab = await ProxyLab.start({ endpointIdleTimeoutMs: 60 });
  await lab.origin(socket => socket.write(answer('')));
  await lab.ask(get());
  assert.equal(lab.proxy.counters.endpointConnections, 1);
  await eventually(() => lab.proxy.counters.endpointConnections === 0);
});

test('connections to an endpoint without routes are closed', async () => {
  const { registryMessage } = await import('../kit/registry-message.ts');
  await using lab = await ProxyLab.start();
  const origin = await lab.origin(socket => socket.write(answer('')));
  await lab.ask(get());
  const message = registryMessage({ host: '127.0.0.1', port: origin.port, uris: ['app.test'] });
  lab.table.unregister(message, Date.now());
  await eventually(() => lab.proxy.counters.endpointConnections === 0);
});

test('without keep-alive each request has its own connection', async () => {
  await using lab = await ProxyLab.start({ endpointKeepAlive: false });
  const origin = await lab.origin(socket => socket.write(answer('')));
  await lab.ask(get());
  await lab.ask(get());
  assert.equal(origin.connections, 2);
  assert.match(origin.heads[0] ?? '', /^Connection: close\r$/m);
});

test('an endpoint is killed under load: no idempotent request fails', async () => {
  await using lab = await ProxyLab.start();
  const doomed = await lab.origin(socket => setTimeout(() => socket.write(answer('a')), 2));
  await lab.origin(socket => setTimeout(() => socket.write(answer('b')), 2));
  const statuses = new Map<number, number>();
  let isRunning = true;
  const loop = async (): Promise<void> => {
    const client = lab.client();
    while (isRunning) {
      client.text = '';
      client.send(get('/', ''));
      await client.sees(/\r\n\r\n./);
      const status = statusOf(client.text);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  const loops = Array.from({ length: 16 }, loop);
  await eventually(() => doomed.heads.length > 100);
  doomed.kill();
  const killedAt = statuses.get(200) ?? 0;
  await eventually(() => (statuses.get(200) ?? 0) > killedAt + 300);
  isRunning = false;
  await Promise.all(loops);
  assert.deepEqual([...statuses.keys()], [200]);
});
