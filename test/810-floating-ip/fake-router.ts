import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Bus } from '../../src/bus/bus.ts';
import { SUBJECTS } from '../../src/proto/subjects.ts';
import { inNetns, type LabNode } from '../kit/net-lab.ts';
import type { NetWorker } from '../kit/net-worker-client.ts';

/** A machine with a router on it: health on port 80, and a server on 443 that greets and echoes. */
export interface FakeRouter extends AsyncDisposable {
  readonly address: string;
  readonly worker: NetWorker;
  /** New connections are refused from now on, and health is 503. */
  drain(): void;
  /** Its process is gone, with a good-bye. */
  leave(): void;
}

export async function startFakeRouter(node: LabNode, name: string, bus: Bus): Promise<FakeRouter> {
  const script = join(import.meta.dirname, 'health-answerer.ts');
  const [program, ...args] = inNetns(node.netns, [
    'setpriv',
    '--pdeathsig',
    'KILL',
    process.execPath,
    script,
  ]);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
  await once(child.stdout, 'data');
  const worker = await node.worker();
  await worker.listenTcp({ host: '0.0.0.0', port: 443 });
  const presence = { id: `0-${name}-${process.pid}`, host: node.address, port: 80, name };
  const announce = () => bus.publish(SUBJECTS.routerAlive, presence);
  announce();
  const timer = setInterval(announce, 500);
  return {
    address: node.address,
    worker,
    drain: () => void child.kill('SIGUSR1'),
    leave() {
      clearInterval(timer);
      bus.publish(SUBJECTS.routerGone, presence);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      child.kill('SIGKILL');
      await worker[Symbol.asyncDispose]();
    },
  };
}
