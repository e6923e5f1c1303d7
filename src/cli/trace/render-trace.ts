import type { Hop, HopTable } from '../../proto/hop-table.ts';
import type { Style } from '../render/style.ts';
import { CHANGED, renderHops } from './render-hops.ts';

export interface RenderTraceOptions {
  readonly width: number;
  readonly style: Style;
  /** Per hop: what it was read from. */
  readonly raw: boolean;
  /** Per hop: the command that shows the same. */
  readonly explain: boolean;
  /** What the machines' networks look like. */
  readonly figures: boolean;
}

/** A hop table for a person. */
export function renderTrace(table: HopTable, options: RenderTraceOptions): string[] {
  const { style, width } = options;
  return [
    headline(table, style),
    '',
    ...renderHops(table, width, style),
    ...paragraph([...legend(table), ...table.notes]),
    ...(options.figures ? section('What it looks like there', table, figuresOf, style) : []),
    ...(options.raw ? section('What it was read from', table, rawOf, style) : []),
    ...(options.explain ? section('To look yourself', table, commandsOf, style) : []),
    ...verdict(table, style),
  ];
}

function headline({ request, verdict: { ok, text } }: HopTable, style: Style): string {
  const status = request.status === null ? 'no answer' : String(request.status);
  const outcome = `${status} in ${request.ms.toFixed(1)} ms`;
  const painted = ok ? style.good(outcome) : style.bad(outcome);
  const by = ok ? `, ${text.replace(/^answered \d+ /, 'answered ')}` : '';
  return `${style.bold(`${request.method} ${request.url}`)} → ${painted}${by}`;
}

function paragraph(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}

function legend({ hops }: HopTable): string[] {
  return hops.some(({ changed }) => changed.length > 0)
    ? [`${CHANGED} rewritten by NAT; the same packet goes on with this address.`]
    : [];
}

/** What should have been at the first wrong hop, and what was. */
function verdict({ verdict: { ok, text, firstWrongHop }, hops }: HopTable, style: Style): string[] {
  if (ok) return [];
  const wrong = hops.find(({ n }) => n === firstWrongHop);
  const sign = style.bad('✗');
  if (wrong === undefined) return ['', `${sign} ${text}`];
  return [
    '',
    `${sign} First wrong hop: ${wrong.n} ${wrong.hop} at ${wrong.where}`,
    ...(wrong.expected === null ? [] : [`  expected   ${wrong.expected}`]),
    ...(wrong.found === null ? [] : [`  found      ${wrong.found}`]),
  ];
}

function section(
  title: string,
  { hops }: HopTable,
  linesOf: (hop: Hop) => string[],
  style: Style,
): string[] {
  const parts = hops.flatMap(hop => {
    const lines = linesOf(hop);
    return lines.length === 0 ? [] : [`${hop.n} ${hop.hop} at ${hop.where}`, ...indent(lines)];
  });
  return parts.length === 0 ? [] : ['', style.bold(title), ...parts];
}

function rawOf({ raw }: Hop): string[] {
  return raw.flatMap(({ source, text }) => [`$ ${source}`, ...indent(text.trimEnd().split('\n'))]);
}

function figuresOf({ figures }: Hop): string[] {
  return figures.flatMap(({ source, text }) => [
    `$ ${source}`,
    ...indent(text.trimEnd().split('\n')),
  ]);
}

function commandsOf({ explain }: Hop): string[] {
  return explain.map(({ where, command }) => `${where}$ ${command}`);
}

function indent(lines: readonly string[]): string[] {
  return lines.map(line => `  ${line}`);
}
