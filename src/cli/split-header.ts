import { SprueError } from '../core/errors.ts';

/** `Name: value`; the name as written. @throws SprueError `USAGE` */
export function splitHeader(
  header: string,
  command: string,
): readonly [name: string, value: string] {
  const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([^\r\n\0]*)$/.exec(header) ?? [];
  if (name !== undefined && value !== undefined) return [name, value.trimEnd()];
  throw new SprueError('USAGE', { reason: `“${header}” is no header (Name: value)`, command });
}
