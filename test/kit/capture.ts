import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { poll } from '../../src/core/wait.ts';

/** One TCP packet as tcpdump saw it, e.g. `lo 127.0.0.1:41000 → 127.0.0.1:80`. */
export interface CapturedPacket {
  readonly device: string;
  /** Written as a trace writes it. */
  readonly flow: string;
}

/** What tcpdump sees in a network namespace, on all its interfaces, until disposed. */
export class Capture implements AsyncDisposable {
  readonly packets: CapturedPacket[] = [];
  readonly #child: ReturnType<typeof startTcpdump>;
  #said = '';

  private constructor(netns: string) {
    this.#child = startTcpdump(netns);
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
    createInterface({ input: this.#child.stdout }).on('line', line => {
      const packet = parsePacket(line);
      if (packet) this.packets.push(packet);
    });
  }

  /** Resolves when it captures. @param netns name in /run/netns */
  static async start(netns: string): Promise<Capture> {
    const capture = new Capture(netns);
    const isOn = await poll(() => (capture.#said.includes('listening on') ? true : undefined), {
      intervalMs: 10,
      timeoutMs: 5_000,
    });
    if (isOn) return capture;
    await capture[Symbol.asyncDispose]();
    throw new Error(`tcpdump does not capture in ${netns}: ${capture.#said}`);
  }

  /** Whether the packet was seen, soon. */
  async saw(flow: string, device?: string): Promise<boolean> {
    const isThere = () =>
      this.packets.some(one => one.flow === flow && (device ?? one.device) === one.device);
    const options = { intervalMs: 10, timeoutMs: 2_000 };
    return (await poll(() => (isThere() ? true : undefined), options)) === true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
  }
}

function startTcpdump(netns: string) {
  const enter = ['nsenter', `--net=/run/netns/${netns}`, '--'];
  const tcpdump = ['tcpdump', '-i', 'any', '-nn', '-l', '--immediate-mode', 'tcp'];
  const [program = '', ...args] = [...enter, ...tcpdump];
  return spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** `15:19:38.1 lo In IP 127.0.0.1.41000 > 127.0.0.1.80: Flags [S], …` */
function parsePacket(line: string): CapturedPacket | undefined {
  const [, device, source, sport, destination, dport] =
    /^\S+ (\S+) +\w+ +IP ([\d.]+)\.(\d+) > ([\d.]+)\.(\d+):/.exec(line) ?? [];
  if (device === undefined) return undefined;
  return { device, flow: `${source}:${sport} → ${destination}:${dport}` };
}
