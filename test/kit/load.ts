import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { inNetns } from './net-lab.ts';

export interface LoadOptions {
  readonly netns: string;
  /** Where the router listens. */
  readonly address: string;
  readonly port: number;
  /** Host header. */
  readonly host: string;
  readonly path?: string;
  /** Keep-alive connections, each with one request at a time. */
  readonly connections: number;
  /** The load ends by itself after this time. */
  readonly maxSeconds: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly failed: number;
  /** The first few failures, for the message. */
  readonly samples: readonly string[];
  /** How often each body was seen, cut at 200 characters. */
  readonly bodies: Readonly<Record<string, number>>;
}

/** Constant GET load from inside a namespace, in a process of its own. */
export class Load {
  readonly #child: ChildProcess;
  readonly #output: Promise<string>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    const chunks: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    this.#output = once(child, 'close').then(() => Buffer.concat(chunks).toString());
  }

  static start(options: LoadOptions): Load {
    const worker = join(import.meta.dirname, 'load-worker.ts');
    const [program, ...args] = inNetns(options.netns, [
      process.execPath,
      worker,
      JSON.stringify(options),
    ]);
    return new Load(spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] }));
  }

  /** Lets requests in flight end. */
  async stop(): Promise<LoadResult> {
    this.#child.stdin?.end();
    return JSON.parse(await this.#output);
  }
}
