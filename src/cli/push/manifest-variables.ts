import { type Document, isScalar, isSeq, parseDocument, Scalar, visit } from 'yaml';
import { SprueError } from '../../core/errors.ts';

export type ManifestVariables = Readonly<Record<string, unknown>>;

const WHOLE = /^\(\(([-/.\w]+)\)\)$/;
const PART = /\(\(([-/.\w]+)\)\)/g;

/**
 * Puts values in the place of `((name))`. A scalar that is nothing but a variable takes the value with
 * its type; inside other text it is written out. `a.b` reads member `b` of variable `a`.
 * @throws SprueError `MANIFEST_VARIABLE_MISSING` with all names that have no value.
 */
export function interpolate(document: Document, variables: ManifestVariables, file: string): void {
  const missing = new Set<string>();
  const replacement = (name: string): unknown => {
    const value = lookUp(variables, name);
    if (value === undefined) missing.add(name);
    return value;
  };
  visit(document, {
    Scalar(key, node) {
      if (typeof node.value !== 'string') return undefined;
      const whole = WHOLE.exec(node.value)?.[1];
      if (whole !== undefined) {
        const made = document.createNode(replacement(whole));
        made.range = node.range ?? null;
        // A key stays a scalar; anything else may become a list or a map.
        return key === 'key' && !isScalar(made) ? new Scalar(String(whole)) : made;
      }
      node.value = node.value.replace(PART, (_, name: string) => String(replacement(name)));
      return undefined;
    },
  });
  if (missing.size > 0) {
    const names = [...missing].map(name => `((${name}))`).join(', ');
    throw new SprueError('MANIFEST_VARIABLE_MISSING', { where: file, names });
  }
}

/** `--var key=value` options; values have YAML's types, as with `cf`. @throws SprueError `USAGE` */
export function parseVariables(pairs: readonly string[]): ManifestVariables {
  const variables: Record<string, unknown> = {};
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals < 1) {
      throw new SprueError('USAGE', { reason: `“${pair}” is not KEY=VALUE`, command: 'push' });
    }
    const value: unknown = parseDocument(pair.slice(equals + 1)).toJS();
    variables[pair.slice(0, equals)] = value ?? '';
  }
  return variables;
}

/** Contents of a `--vars-file`. @throws SprueError `MANIFEST_INVALID` */
export function parseVariablesFile(text: string, file: string): ManifestVariables {
  const document = parseDocument(text);
  const [error] = document.errors;
  const value: unknown = error ? undefined : (document.toJS() ?? {});
  if (typeof value === 'object' && value !== null && !isSeq(document.contents)) {
    return value as ManifestVariables;
  }
  const reason = error
    ? error.message.split('\n')[0]?.replace(/[:.]$/, '')
    : 'it is no map of variables';
  throw new SprueError('MANIFEST_INVALID', { where: file, reason: reason ?? '', suggestion: '' });
}

function lookUp(variables: ManifestVariables, name: string): unknown {
  if (Object.hasOwn(variables, name)) return variables[name];
  const [head = '', ...members] = name.split('.');
  let value: unknown = Object.hasOwn(variables, head) ? variables[head] : undefined;
  for (const member of members) {
    const known = typeof value === 'object' && value !== null && Object.hasOwn(value, member);
    value = known ? (value as Record<string, unknown>)[member] : undefined;
  }
  return value;
}
