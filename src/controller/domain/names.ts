import { SprueError } from '../../core/errors.ts';

/** One label of a host name (RFC 1123 §2.1). */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const MAX_NAME = 255;
const MAX_DOMAIN = 253;
/** C0 and C1 control characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what the rule is about
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** @throws SprueError `NAME_INVALID` unless `name` can name an app, a space or an organization. */
export function checkName(name: string, what: string): string {
  const reason = nameProblem(name);
  if (reason !== undefined) throw new SprueError('NAME_INVALID', { name, what, reason });
  return name;
}

function nameProblem(name: string): string | undefined {
  if (name.trim() === '') return 'it is empty';
  if (name !== name.trim()) return 'it begins or ends with a space';
  if (name.length > MAX_NAME) return `it is longer than ${MAX_NAME} characters`;
  if (CONTROL.test(name)) return 'it holds a control character';
  return undefined;
}

/** Process types name files and log sources: letters, digits, `-` and `_`. */
export function checkProcessType(type: string): string {
  if (!/^[A-Za-z0-9_-]{1,63}$/.test(type)) {
    throw new SprueError('NAME_INVALID', {
      name: type,
      what: 'a process type',
      reason: 'it may hold letters, digits, “-” and “_” only',
    });
  }
  return type;
}

/** @returns the domain in lower case. @throws SprueError `DOMAIN_INVALID` */
export function checkDomain(name: string): string {
  const domain = name.toLowerCase();
  const reason = domainProblem(domain);
  if (reason !== undefined) throw new SprueError('DOMAIN_INVALID', { name, reason });
  return domain;
}

function domainProblem(domain: string): string | undefined {
  if (domain === '') return 'it is empty';
  if (domain.length > MAX_DOMAIN) return `it is longer than ${MAX_DOMAIN} characters`;
  const labels = domain.split('.');
  if (labels.length < 2) return 'it has no dot';
  const bad = labels.find(label => !LABEL.test(label));
  if (bad === undefined) return undefined;
  return bad === '' ? 'a label is empty' : `the label “${bad}” is not allowed in a host name`;
}

/** Whether `text` is one label of a host name. */
export function isHostLabel(text: string): boolean {
  return LABEL.test(text);
}

/** An app's name as a host label: lower case, what is not allowed becomes `-`; empty when nothing is left. */
export function hostLabelFor(appName: string): string {
  return appName
    .normalize('NFKD')
    .replace(/\p{Mark}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
}

const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** @throws SprueError `VARIABLE_RESERVED` or `NAME_INVALID` when a user may not set the variable. */
export function checkVariable(name: string, value: string | null): void {
  if (/^(VCAP_|CF_INSTANCE_)/i.test(name) || name === 'PORT') {
    throw new SprueError('VARIABLE_RESERVED', { name });
  }
  const what = 'an environment variable';
  if (!ENV_NAME.test(name)) {
    const reason = 'it must be letters, digits and “_”, and not begin with a digit';
    throw new SprueError('NAME_INVALID', { name, what, reason });
  }
  if (value?.includes('\0')) {
    throw new SprueError('NAME_INVALID', { name, what, reason: 'its value holds a NUL byte' });
  }
}
