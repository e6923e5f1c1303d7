import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { inNetns } from './net-lab.ts';

interface Target {
  readonly host: string;
  readonly port: number;
}

/** How a connection attempt ended; `code` is errno's name, `TIMEOUT` or `CLOSED`. */
export type Reached =
  | {
      readonly ok: true;
      /** The client's address, as the server sees it. */
      readonly seenAs: string;
      /** The server's own address (TCP). */
      readonly servedBy: string;
      readonly handle: number;
      readonly ms: number;
    }
  | { readonly ok: false; readonly code: string; readonly ms: number };

export interface WorkerOperations {
  /** A server that greets with the client's address as the server sees it, then echoes. Port 0: any. */
  listenTcp(args: Target): Promise<{ handle: number; port: number }>;
  listenUdp(args: Target): Promise<{ handle: number; port: number }>;
  connectTcp(
    args: Target & { localAddress?: string; localPort?: number; timeoutMs?: number },
  ): Promise<Reached>;
  /** Sends text over a connection of `connectTcp` and waits for the echo. */
  echo(args: {
    handle: number;
    text: string;
    timeoutMs?: number;
  }): Promise<{ ok: true } | { ok: false; code: string }>;
  askUdp(args: Target & { localAddress?: string; timeoutMs?: number }): Promise<Reached>;
  /** Closes a server or a connection. */
  close(args: { handle: number }): Promise<Record<string, never>>;
}

export interface NetWorker extends WorkerOperations, AsyncDisposable {}

/** Starts a worker in a named network namespace. */
export async function openNetWorker(netns: string): Promise<NetWorker> {
  const script = join(import.meta.dirname, 'net-worker.ts');
  const [program, ...args] = inNetns(netns, [process.execPath, script]);
  const env = { ...process.env };
  delete env['NODE_TEST_CONTEXT']; // the worker is no test
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], env });
  const waiting = new Map<number, PromiseWithResolvers<never>>();
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  let nextId = 1;

  createInterface({ input: child.stdout }).on('line', line => {
    const { id, answer, error } = JSON.parse(line);
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve(answer as never);
    else call?.reject(new Error(`${netns}: ${error}`));
  });
  child.once('exit', () => {
    for (const call of waiting.values()) call.reject(new Error(`the worker in ${netns} ended`));
  });

  const call = (operation: keyof WorkerOperations) => (args: unknown) => {
    if (ended() || child.stdin.writableEnded) {
      return Promise.reject(new Error(`the worker in ${netns} ended`));
    }
    const id = nextId++;
    const pending = Promise.withResolvers<never>();
    waiting.set(id, pending);
    child.stdin.write(`${JSON.stringify({ id, operation, args })}\n`);
    return pending.promise;
  };
  return {
    listenTcp: call('listenTcp'),
    listenUdp: call('listenUdp'),
    connectTcp: call('connectTcp'),
    echo: call('echo'),
    askUdp: call('askUdp'),
    close: call('close'),
    async [Symbol.asyncDispose]() {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (ended()) return;
      child.once('exit', () => resolve());
      child.stdin.end();
      await promise;
    },
  };
}
