import { readFileSync } from 'node:fs';

export interface Fixture {
  readonly heading: string;
  readonly bytes: Buffer;
  readonly events: readonly string[];
}

const CASE = /^## (.+)\n+```http\n([\s\S]*?)```\n+```events\n([\s\S]*?)```/gm;

/** Reads the cases of a Markdown file; its notation is explained in `fixtures/request-heads.md`. */
export function readFixtures(url: URL): readonly Fixture[] {
  const markdown = readFileSync(url, 'utf8');
  const fixtures: Fixture[] = [];
  for (const [, heading = '', raw = '', events = ''] of markdown.matchAll(CASE)) {
    fixtures.push({
      heading,
      bytes: Buffer.from(decodeNotation(raw), 'latin1'),
      events: events.split('\n').slice(0, -1),
    });
  }
  const headings = markdown.match(/^## /gm)?.length ?? 0;
  if (headings !== fixtures.length) {
    throw new Error(`${url.pathname}: ${headings} headings, ${fixtures.length} readable cases`);
  }
  return fixtures;
}

const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '0': '\0' };

function decodeNotation(raw: string): string {
  return raw
    .replace(/\\\n/g, '\\c')
    .replace(/\n/g, '\r\n')
    .replace(/\\(?:x([0-9a-f]{2})|(.))/g, (_whole, hex?: string, letter?: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (letter === 'c') return '';
      const octet = ESCAPES[letter ?? ''];
      if (octet === undefined) throw new Error(`unknown escape \\${letter}`);
      return octet;
    });
}
