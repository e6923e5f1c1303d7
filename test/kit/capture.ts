import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { poll } from '../../src/core/wait.ts';

/** A packet that began an HTTP message. Addresses as `ip:port`. */
export interface CapturedPacket {
  readonly device: string;
  readonly source: string;
  readonly destination: string;
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

  private constructor(netns: string) {
    this.#child = startTcpdump(netns);
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
    createInterface({ input: this.#child.stdout }).on('line', line => this.#read(line));
  }

  /** Resolves when it captures. @param netns name in /run/netns */
  static async start(netns: string): Promise<Capture> {
    const capture = new Capture(netns);
    const isOn = () => (capture.#said.includes('listening on') ? true : undefined);
    if (await poll(isOn, { intervalMs: 10, timeoutMs: 5_000 })) return capture;
    await capture[Symbol.asyncDispose]();
    throw new Error(`tcpdump does not capture in ${netns}: ${capture.#said}`);
  }

  /** The packets that carried the head of a request for exactly this target. */
  of(target: string): readonly CapturedPacket[] {
    return this.#heads.filter(head => head.target === target);
  }

  /** Whether the head of an answer went from one address to the other. */
  sawAnswer(source: string, destination: string): boolean {
    return this.#heads.some(
      head =>
        head.target === undefined && head.source === source && head.destination === destination,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
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

function startTcpdump(netns: string) {
  const enter = ['nsenter', `--net=/run/netns/${netns}`, '--'];
  // A narrow filter and a large buffer (KiB): on a busy machine packets would be lost.
  const filter = 'tcp port 80 or tcp port 8080';
  const options = ['-i', 'any', '-nn', '-l', '-A', '-B', '16384', '--immediate-mode'];
  const tcpdump = ['tcpdump', ...options, filter];
  const [program = '', ...args] = [...enter, ...tcpdump];
  return spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** `15:19:38.1 lo In IP 127.0.0.1.41000 > 127.0.0.1.80: Flags [P.], …` */
function parsePacket(line: string): CapturedPacket | undefined {
  const [, device, source, sport, destination, dport] =
    /^\S+ (\S+) +\w+ +IP ([\d.]+)\.(\d+) > ([\d.]+)\.(\d+):/.exec(line) ?? [];
  if (device === undefined) return undefined;
  return { device, source: `${source}:${sport}`, destination: `${destination}:${dport}` };
}
