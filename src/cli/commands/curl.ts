import { readFile } from 'node:fs/promises';
import { EXIT } from '../../core/error-table.ts';
import type { Invocation } from '../command-spec.ts';
import { fileReason, pathInvalid } from '../path-error.ts';
import { splitHeader } from '../split-header.ts';

/** Exit code of `--fail`, as curl's own. */
const HTTP_ERROR_EXIT = 22;

export async function run({ args, options, context }: Invocation): Promise<number> {
  const { output } = context;
  const api = await context.api();
  const body = await bodyOf(options.text('data'));
  const path = args[0] ?? '';
  const answer = await api.session.sendRaw({
    method: (options.text('method') ?? (body === undefined ? 'GET' : 'POST')).toUpperCase(),
    path: path.startsWith('/') ? path : `/${path}`,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...Object.fromEntries(options.list('header').map(header => splitHeader(header, 'curl'))),
    },
    ...(body !== undefined && { body }),
    signal: context.signal,
  });
  if (options.flag('include')) {
    output.line(`HTTP/1.1 ${answer.status}`);
    for (const [name, value] of Object.entries(answer.headers)) output.line(`${name}: ${value}`);
    output.line();
  }
  output.raw(answer.text.endsWith('\n') || answer.text === '' ? answer.text : `${answer.text}\n`);
  return options.flag('fail') && answer.status >= 400 ? HTTP_ERROR_EXIT : EXIT.ok;
}

async function bodyOf(data: string | undefined): Promise<string | undefined> {
  if (data === undefined || !data.startsWith('@')) return data;
  const file = data.slice(1);
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw pathInvalid(file, fileReason(cause), cause);
  });
}
