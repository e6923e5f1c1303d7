import { EXIT } from '../../core/error-table.ts';
import { SprueError } from '../../core/errors.ts';
import type { Invocation } from '../command-spec.ts';
import { renderDnsReport } from '../render/dns-report.ts';

/** @throws SprueError `EDGE_MISSING` */
export async function run({ context }: Invocation): Promise<number> {
  const { output } = context;
  const { edges } = await (await context.api()).edges.dns();
  if (edges.length === 0) throw new SprueError('EDGE_MISSING', { what: 'that answers DNS' });
  if (output.json) output.value(edges);
  else output.raw(edges.map(({ report }) => renderDnsReport(report)).join('\n'));
  return EXIT.ok;
}
