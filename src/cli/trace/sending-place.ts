import { hostname } from 'node:os';
import type { Flow, SocketAddress } from '../../proto/trace.ts';
import { type MarkedRequest, type RequestResult, sendMarked } from './marked-request.ts';
import { interfaceOf, reservePort, sourceAddress } from './reserve-port.ts';
import { type Resolution, type ResolveOptions, resolveName } from './resolve-name.ts';

/** A connection that is known and not opened yet. */
export interface BoundFlow {
  readonly flow: Flow;
  /** Interface that it leaves by. */
  readonly device: string | undefined;
}

/** Where a request is sent from: this process, or a companion in another network. */
export interface SendingPlace {
  /** For people: a host, or an instance. */
  readonly name: string;
  /** The host whose container it is, when it is one. */
  readonly containerOn?: string;
  resolve(name: string, options: ResolveOptions): Promise<Resolution>;
  /** @returns `undefined` when the kernel knows no way there */
  bind(destination: SocketAddress): Promise<BoundFlow | undefined>;
  send(request: MarkedRequest): Promise<RequestResult>;
}

export const HERE: SendingPlace = {
  name: hostname(),
  resolve: resolveName,
  bind: bindFlow,
  send: sendMarked,
};

async function bindFlow(destination: SocketAddress): Promise<BoundFlow | undefined> {
  try {
    const host = await sourceAddress(destination);
    const flow = { source: { host, port: await reservePort(host) }, destination };
    return { flow, device: interfaceOf(host) };
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENETUNREACH' || code === 'EHOSTUNREACH') return undefined;
    throw thrown;
  }
}
