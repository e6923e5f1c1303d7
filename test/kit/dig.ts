import { run } from '../../src/exec/run.ts';

export interface DigAnswer {
  /** `NOERROR`, `NXDOMAIN`, … */
  readonly status: string;
  /** `qr`, `aa`, `tc`, … */
  readonly flags: readonly string[];
  /** Records as dig prints them, one space between the fields. */
  readonly answer: readonly string[];
  readonly authority: readonly string[];
  /** The question's name as it came back. */
  readonly question: string;
  /** Bytes of the reply. */
  readonly size: number;
  readonly text: string;
}

/** Asks a server on loopback with dig: once, without asking over TCP when the reply is truncated. */
export async function dig(
  at: { readonly address: string; readonly port: number },
  ...args: readonly string[]
): Promise<DigAnswer> {
  const server = ['-p', String(at.port), `@${at.address}`];
  const behaviour = ['+norec', '+ignore', '+tries=1', '+time=3', '+noidnin'];
  const { stdout } = await run(['dig', '-r', ...server, ...behaviour, ...args]);
  return {
    status: /status: (\w+)/.exec(stdout)?.[1] ?? '',
    flags: (/flags: ([^;]*);/.exec(stdout)?.[1] ?? '').split(' '),
    answer: section(stdout, 'ANSWER'),
    authority: section(stdout, 'AUTHORITY'),
    question: /^;(\S+)\s+(?:IN|CH)/m.exec(stdout)?.[1] ?? '',
    size: Number(/rcvd: (\d+)/.exec(stdout)?.[1]),
    text: stdout,
  };
}

function section(text: string, name: string): string[] {
  const block = text.split(`;; ${name} SECTION:\n`)[1]?.split('\n\n')[0] ?? '';
  return block
    .split('\n')
    .filter(Boolean)
    .map(line => line.replace(/\s+/g, ' '));
}
