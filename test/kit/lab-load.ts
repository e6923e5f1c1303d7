import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { floatingIpOf, type TestLab } from './lab.ts';

export interface LabLoadResult {
  readonly ok: number;
  readonly failed: number;
  readonly longestMs: number;
  readonly samples: readonly string[];
}

/** GET requests from the lab's client to a router's floating IP, ten a second over kept-alive connections. */
export class LabLoad implements AsyncDisposable {
  readonly #child: ChildProcess;
  #output = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#output += chunk;
    });
  }

  static async start(lab: TestLab, app: string, router: string): Promise<LabLoad> {
    const address = floatingIpOf(router);
    const { netns } = await lab.host('client');
    const worker = join(import.meta.dirname, 'lab-load-worker.ts');
    const argv = [`--net=/run/netns/${netns}`, '--', process.execPath, worker];
    const args = [...argv, address, `${app}.example.com`];
    return new LabLoad(spawn('nsenter', args, { stdio: ['pipe', 'pipe', 'inherit'] }));
  }

  /** No new requests; waits for those that are under way. */
  async stop(): Promise<LabLoadResult> {
    const closed = once(this.#child, 'close');
    this.#child.stdin?.end();
    await closed;
    return JSON.parse(this.#output) as LabLoadResult;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
  }
}
