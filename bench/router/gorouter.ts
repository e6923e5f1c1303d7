import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { APP, INSTANCE, type Peer, type Plan } from './peers.ts';

/** Anything that starts like gorouter; it gets its route over NATS. */
export function gorouter(plan: Plan, program: string, natsPort: number, statusPort: number): Peer {
  const config = `port: ${plan.port}
status: { host: 127.0.0.1, port: ${statusPort}, user: bench, pass: bench }
nats: { hosts: [{ hostname: 127.0.0.1, port: ${natsPort} }] }
logging: { level: error }
access_log: { file: ${join(plan.folder, 'gorouter.log')} }
start_response_delay_interval: 1s
disable_keep_alives: false
max_idle_conns_per_host: 256
`;
  return {
    name: 'gorouter',
    program,
    argv: ['-c', join(plan.folder, 'gorouter.yml')],
    env: { GOMAXPROCS: '1' },
    files: { 'gorouter.yml': config },
  };
}

/** Registers the origin once a second, like a DEA does less often, until disposed. */
export async function keepRegistered(plan: Plan, natsPort: number): Promise<Disposable> {
  const socket = connect(natsPort, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('data', (bytes: Buffer) => {
    if (bytes.includes('PING')) socket.write('PONG\r\n');
  });
  socket.write('CONNECT {"verbose":false}\r\n');
  register(socket, plan);
  const timer = setInterval(() => register(socket, plan), 1_000);
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      socket.destroy();
    },
  };
}

function register(socket: Socket, plan: Plan): void {
  const message = JSON.stringify({
    host: '127.0.0.1',
    port: plan.originPort,
    uris: [plan.appHost],
    app: APP,
    private_instance_id: INSTANCE,
    private_instance_index: '0',
  });
  socket.write(`PUB router.register ${Buffer.byteLength(message)}\r\n${message}\r\n`);
}
