import { readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import type { ObservationOf, SocketAddress } from '../../proto/trace.ts';
import { isLocalhostName } from '../api/lookup.ts';
import { askNameServer, type NameAnswer } from './ask-name-server.ts';

export interface Resolution {
  /** `undefined` when the name has none. */
  readonly address: string | undefined;
  readonly by: ObservationOf<'client'>['resolvedBy'];
  readonly ms: number;
  /** The question and its answer, when a name server was asked. */
  readonly asked?: {
    readonly server: SocketAddress;
    readonly name: string;
    readonly answer: NameAnswer;
  };
}

export interface ResolveOptions {
  /** Ask this server and no other. */
  readonly server?: SocketAddress;
  /** Folder of `hosts` and `resolv.conf`; default `/etc`. */
  readonly etc?: string;
}

/** What the system's resolver would do, step by step, so that each step can be shown. */
export async function resolveName(name: string, options: ResolveOptions = {}): Promise<Resolution> {
  const startedMs = performance.now();
  const found = await resolve(name, options);
  return { ...found, ms: performance.now() - startedMs };
}

async function resolve(
  name: string,
  { server, etc = '/etc' }: ResolveOptions,
): Promise<Omit<Resolution, 'ms'>> {
  if (isIPv4(name)) return { address: name, by: 'literal' };
  if (isLocalhostName(name)) return { address: '127.0.0.1', by: 'loopback' };
  if (server === undefined) {
    const address = await lookInHosts(name, join(etc, 'hosts'));
    if (address !== undefined) return { address, by: 'hosts' };
  }
  const servers = server ? [server] : await nameservers(join(etc, 'resolv.conf'));
  let last: Omit<Resolution, 'ms'> = { address: undefined, by: 'dns' };
  for (const asked of servers) {
    const answer = await askNameServer(asked, name);
    const address = answer.answers.find(({ type }) => type === 'A')?.data;
    last = { address, by: 'dns', asked: { server: asked, name, answer } };
    // Like the system's resolver: the next one is asked only when this one cannot say.
    if (address !== undefined || !CANNOT_SAY.has(answer.code)) return last;
  }
  return last;
}

const CANNOT_SAY: ReadonlySet<string> = new Set(['TIMEOUT', 'UNREACHABLE', 'SERVFAIL', 'REFUSED']);

/** resolv.conf(5): without any, this machine is asked. */
async function nameservers(file: string): Promise<SocketAddress[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const found = [...text.matchAll(/^nameserver[ \t]+([^\s#;]+)/gm)].map(match => match[1] ?? '');
  return (found.length === 0 ? ['127.0.0.1'] : found).map(parseServer);
}

/** `192.0.2.53`, `192.0.2.53:5353`, `[2001:db8::53]:5353`, `2001:db8::53` */
export function parseServer(text: string): SocketAddress {
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  return { host: bracketed ?? plain ?? text, port: Number(port ?? 53) };
}

async function lookInHosts(name: string, file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const wanted = name.toLowerCase().replace(/\.$/, '');
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (isIPv4(address) && names.some(entry => entry.toLowerCase() === wanted)) return address;
  }
  return undefined;
}
