import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { poll } from '../../src/core/wait.ts';

/** Ports of hosts that lead into containers. */
const HOST_PORTS = '61001-65535';

/** A packet that began an HTTP message. Addresses as `ip:port`. */
export interface CapturedPacket {
  readonly device: string;
  readonly source: string;
  readonly destination: string;
  /** The machine's clock, since 1970. */
  readonly atMs: number;
}

interface CapturedHead extends CapturedPacket {
  /** Target of the request; `undefined` for an answer. */
  readonly target: string | undefined;
}

/** HTTP messages that tcpdump sees in a network namespace, on all its interfaces, until disposed. */
export class Capture implements AsyncDisposable {
  readonly #heads: CapturedHead[] = [];
  readonly #child: ReturnType<typeof startTcpdump>;
  #packet: CapturedPacket | undefined;
  #said = '';

  private constructor(netns: string, targetBegin: string | undefined) {
    this.#child = startTcpdump(netns, targetBegin);
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
    createInterface({ input: this.#child.stdout }).on('line', line => this.#read(line));
  }

  /**
   * Resolves when it captures.
   * @param netns name in /run/netns
   * @param targetBegin four characters: only GET requests whose target begins with them, and no
   *   answers. For use under load, which tcpdump could not print.
   */
  static async start(netns: string, targetBegin?: string): Promise<Capture> {
    const capture = new Capture(netns, targetBegin);
    const isOn = () => (capture.#said.includes('listening on') ? true : undefined);
    if (await poll(isOn, { intervalMs: 10, timeoutMs: 5_000 })) return capture;
    await capture[Symbol.asyncDispose]();
    throw new Error(`tcpdump does not capture in ${netns}: ${capture.#said}`);
  }

  /** The packets that carried the head of a request for exactly this target. */
  of(target: string): readonly CapturedPacket[] {
    return this.#heads.filter(head => head.target === target);
  }

  /**
   * The packets that carried the head of the answer to it. Which answer is whose follows from their
   * order on each connection (RFC 9112 section 9.3): nobody here pipelines.
   */
  answersTo(target: string): readonly CapturedPacket[] {
    return this.#heads.flatMap((request, index) => {
      if (request.target !== target) return [];
      const answer = this.#heads.find((head, at) => at > index && isAnswerTo(head, request));
      return answer === undefined ? [] : [answer];
    });
  }

  /** Whether the head of an answer went from one address to the other. */
  sawAnswer(source: string, destination: string): boolean {
    return this.#heads.some(
      head =>
        head.target === undefined && head.source === source && head.destination === destination,
    );
  }

  /** Ends it. @returns how many packets it missed */
  async stop(): Promise<number> {
    await this[Symbol.asyncDispose]();
    const [, missed] = /(\d+) packets dropped by kernel/.exec(this.#said) ?? [];
    if (missed === undefined) throw new Error(`tcpdump says no figures: ${this.#said}`);
    return Number(missed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGTERM');
    await closed;
  }

  /** A line about a packet, or of its payload. */
  #read(line: string): void {
    this.#packet = parsePacket(line) ?? this.#packet;
    if (this.#packet === undefined) return;
    const [, target] = /[A-Z]+ (\/\S*) HTTP\/1\.1/.exec(line) ?? [];
    if (target === undefined && !/HTTP\/1\.1 \d{3} /.test(line)) return;
    this.#heads.push({ ...this.#packet, target });
    this.#packet = undefined;
  }
}

/** Goes the other way on the same interface and connection. */
function isAnswerTo(head: CapturedHead, request: CapturedHead): boolean {
  return (
    head.target === undefined &&
    head.device === request.device &&
    head.source === request.destination &&
    head.destination === request.source
  );
}

function startTcpdump(netns: string, targetBegin: string | undefined) {
  const enter = ['nsenter', `--net=/run/netns/${netns}`, '--'];
  // A narrow filter and a large buffer (KiB) of short frames (bytes; by default one takes 256 KiB of
  // it): on a busy machine packets would be lost.
  const ports = `tcp port 80 or tcp port 8080 or tcp portrange ${HOST_PORTS}`;
  const filter = targetBegin === undefined ? ports : beginningWith(`GET ${targetBegin}`);
  const options = [
    '-i',
    'any',
    '-nn',
    '-tt',
    '-l',
    '-A',
    '-B',
    '16384',
    '-s',
    '2048',
    '--immediate-mode',
  ];
  const tcpdump = ['tcpdump', ...options, filter];
  const [program = '', ...args] = [...enter, ...tcpdump];
  return spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Of segments whose data begins with these eight characters. */
function beginningWith(text: string): string {
  const data = '((tcp[12:1] & 0xf0) >> 2)';
  const hex = (from: number) =>
    `0x${Buffer.from(text.slice(from, from + 4), 'latin1').toString('hex')}`;
  return `tcp[${data}:4] = ${hex(0)} and tcp[${data} + 4:4] = ${hex(4)}`;
}

/** `1767225600.123456 lo In IP 127.0.0.1.41000 > 127.0.0.1.80: Flags [P.], …` */
function parsePacket(line: string): CapturedPacket | undefined {
  const [, seconds, device, source, sport, destination, dport] =
    /^([\d.]+) (\S+) +\w+ +IP ([\d.]+)\.(\d+) > ([\d.]+)\.(\d+):/.exec(line) ?? [];
  if (device === undefined) return undefined;
  return {
    device,
    source: `${source}:${sport}`,
    destination: `${destination}:${dport}`,
    atMs: Number(seconds) * 1000,
  };
}
