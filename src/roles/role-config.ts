import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseCidr, parseIpv4 } from '../core/address.ts';
import { suggestion } from '../core/did-you-mean.ts';
import { reasonOf, SprueError } from '../core/errors.ts';
import { parseSizeMib } from '../core/size.ts';
import { checkRoleId } from './nats-permissions.ts';

/** Values as a person writes them; each tells what it should be when it is not. */
export const ipv4 = z.string().transform(parsed(parseIpv4));
export const cidr = z.string().transform(parsed(parseCidr));
/** `512M`, `4G`; in MiB afterwards. */
export const sizeMib = z.string().transform(parsed(parseSizeMib));
/** A DEA's or an edge's name on the bus. */
export const roleId = z.string().transform(parsed(checkRoleId));
export const folder = z.string().refine(isAbsolute, 'must be an absolute path');
export const portNumber = z.int().min(1).max(65_535);

/** What every role's file begins with. */
export const commonShape = {
  nats: z.strictObject({
    /** `host:port`, one or more of a cluster. */
    servers: z
      .array(z.string().regex(/^[^\s:]+:\d{1,5}$/, 'must be host:port, such as 10.0.0.2:4222'))
      .min(1),
    user: z.string().optional(),
    password: z.string().optional(),
    /** How long the role waits for NATS when it starts. */
    wait_seconds: z.number().min(0).max(3_600).default(30),
  }),
  /** Everything durable of the role. */
  state_dir: folder,
  log_level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  /** Gets `{"pid": …}` as JSON when the role is up. */
  ready_file: folder.optional(),
} as const;

export type NatsSettings = z.infer<(typeof commonShape)['nats']>;

/** Flags of the command line, by key of the file; they win. */
export type Overrides = Readonly<Record<string, unknown>>;

/**
 * Reads a role's configuration: a YAML file, flags over it, checked as a whole. Without a file the flags
 * are all there is.
 * @throws SprueError `CONFIG_INVALID` that names everything that is wrong.
 */
export async function loadRoleConfig<S extends z.ZodObject>(
  schema: S,
  file: string | undefined,
  overrides: Overrides = {},
): Promise<z.infer<S>> {
  const name = file ?? 'The command line';
  const content = file === undefined ? {} : await readYaml(file);
  return parseRoleConfig(schema, merge(content, overrides), name);
}

/** Pure part of {@link loadRoleConfig}. */
export function parseRoleConfig<S extends z.ZodObject>(
  schema: S,
  content: unknown,
  file: string,
): z.infer<S> {
  const result = schema.safeParse(content);
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap(issue => describeIssue(issue, schema));
  throw new SprueError('CONFIG_INVALID', { file, problems: problems.join('; ') });
}

/** Mappings are merged, everything else is replaced. */
export function merge(content: unknown, overrides: Overrides): unknown {
  if (!isMapping(content)) return Object.keys(overrides).length === 0 ? content : overrides;
  const merged: Record<string, unknown> = { ...content };
  for (const [key, value] of Object.entries(overrides)) {
    merged[key] = isMapping(value) ? merge(content[key], value) : value;
  }
  return merged;
}

async function readYaml(file: string): Promise<unknown> {
  try {
    return parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new SprueError('CONFIG_INVALID', { file, problems: reasonOf(cause) }, { cause });
  }
}

function describeIssue(issue: z.core.$ZodIssue, schema: z.ZodObject): string[] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path);
    return issue.keys.map(key => {
      const place = path === '' ? key : `${path}.${key}`;
      return `${place} is no setting${suggestion(key, known).replace(/^ /, ', ').replace('Did', 'did')}`;
    });
  }
  const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  return [`${path || 'the file'}${isMissing ? ' is missing' : `: ${issue.message}`}`];
}

function keysAt(schema: z.ZodObject, path: readonly PropertyKey[]): string[] {
  let current: z.ZodObject = schema;
  for (const key of path) {
    const next: unknown = current.shape[String(key)];
    if (!(next instanceof z.ZodObject)) return [];
    current = next;
  }
  return Object.keys(current.shape);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A parser of ours as a step of a schema: what it throws becomes an issue. */
function parsed<T>(parser: (text: string) => T) {
  return (text: string, context: z.core.$RefinementCtx): T => {
    try {
      return parser(text);
    } catch (thrown) {
      context.issues.push({ code: 'custom', message: reasonOf(thrown), input: text });
      return z.NEVER;
    }
  };
}
