import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml';
import { suggestion } from '../../core/did-you-mean.ts';
import { SprueError } from '../../core/errors.ts';
import type { ManifestApp } from '../../proto/v3/manifest.ts';
import { MANIFEST_KEYS, type ManifestLevel, type ValueKind } from './manifest-keys.ts';
import { interpolate, type ManifestVariables } from './manifest-variables.ts';
import { isScalarKind, SCALAR_KINDS } from './scalar-kinds.ts';

/**
 * Reads a manifest: YAML, variables, keys and values, each complaint with its line.
 * @returns its apps, with `-` in keys turned into `_`.
 * @throws SprueError `MANIFEST_INVALID`, `MANIFEST_VARIABLE_MISSING`
 */
export function readManifest(
  text: string,
  file: string,
  variables: ManifestVariables = {},
): readonly ManifestApp[] {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.1',
    lineCounter: lines,
    merge: true,
    uniqueKeys: isSameKey,
  });
  const reader = new ManifestReader(document, file, lines);
  const [error] = document.errors;
  if (error) throw reader.complaint(error.pos[0], firstLine(error.message));
  keepKeysAsWritten(document);
  interpolate(document, variables, file);
  return reader.read();
}

class ManifestReader {
  readonly #document: Document;
  readonly #file: string;
  readonly #lines: LineCounter;

  constructor(document: Document, file: string, lines: LineCounter) {
    this.#document = document;
    this.#file = file;
    this.#lines = lines;
  }

  read(): readonly ManifestApp[] {
    this.#checkMap(this.#document.contents, 'top', 'a manifest');
    const content = normalizeKeys(this.#document.toJS({ maxAliasCount: 1_000 })) as {
      applications?: ManifestApp[];
    };
    const apps = content.applications ?? [];
    if (apps.length === 0) throw this.complaint(0, 'a manifest needs a list of `applications`');
    const names = new Set<string>();
    for (const { name } of apps) {
      if (names.has(name)) throw this.complaint(0, `the app “${name}” is there twice`);
      names.add(name);
    }
    return apps;
  }

  complaint(offset: number | undefined, reason: string, hint = ''): SprueError {
    const line = offset === undefined ? undefined : this.#lines.linePos(offset).line;
    const where = line === undefined ? this.#file : `${this.#file}:${line}`;
    return new SprueError('MANIFEST_INVALID', { where, reason, suggestion: hint });
  }

  #checkMap(node: unknown, level: ManifestLevel, what: string): void {
    const map = this.#resolve(node);
    if (!isMap(map)) throw this.#complaintAt(map, `${what} must be a map`);
    const keys: Readonly<Record<string, ValueKind>> = MANIFEST_KEYS[level];
    for (const pair of map.items) {
      const key = keyOf(pair);
      if (key === '<<') continue;
      // Anchors are commonly parked under top-level keys of their own, which `cf` ignores.
      if (level === 'top' && isAnchored(pair)) continue;
      const kind = keys[key.replaceAll('-', '_')];
      if (kind === undefined) throw this.#unknownKey(pair, key, keys);
      this.#checkValue(key, kind, pair.value, pair);
    }
    this.#requireName(map, level);
  }

  #requireName(map: YAMLMap, level: ManifestLevel): void {
    const required = { app: 'name', process: 'type', route: 'route', top: '', metadata: '' }[level];
    const inherited = map.items.some(pair => keyOf(pair) === '<<');
    if (required === '' || inherited || map.has(required)) return;
    throw this.#complaintAt(map, `this ${level === 'app' ? 'app' : level} has no \`${required}\``);
  }

  #unknownKey(pair: Pair, key: string, keys: Readonly<Record<string, ValueKind>>): SprueError {
    const known = Object.keys(keys).map(name => name.replaceAll('_', '-'));
    const spelled = known.map(name => (name === 'disk-quota' ? 'disk_quota' : name));
    const hint = suggestion(key, spelled);
    return this.#complaintAt(pair.key, `“${key}” is no key that Sprue knows here`, hint);
  }

  #checkValue(key: string, kind: ValueKind, value: unknown, pair: Pair): void {
    const node = this.#resolve(value);
    const wants = (expected: string): SprueError =>
      this.#complaintAt(node ?? pair.key, `\`${key}\` must be ${expected}${received(node)}`);
    if (isScalarKind(kind)) {
      const { expected, fits } = SCALAR_KINDS[kind];
      if (!isScalar(node) || !fits(node.value)) throw wants(expected);
      return;
    }
    switch (kind) {
      case 'map':
        if (!isMap(node) && !(isScalar(node) && node.value === null)) throw wants('a map');
        return;
      case 'texts':
        if (!this.#items(node, wants).every(isScalar)) throw wants('a list of names');
        return;
      case 'applications':
        for (const item of this.#items(node, wants)) this.#checkMap(item, 'app', 'an application');
        return;
      case 'routes':
        for (const item of this.#items(node, wants)) this.#checkMap(item, 'route', 'a route');
        return;
      case 'processes':
        for (const item of this.#items(node, wants)) this.#checkMap(item, 'process', 'a process');
        return;
      case 'metadata':
        this.#checkMap(node, 'metadata', '`metadata`');
        return;
      case 'unsupported':
        throw this.#complaintAt(pair.key, `Sprue has no \`${key}\` yet; remove the key`);
      case 'anything':
        return;
      default:
        kind satisfies never;
    }
  }

  #items(node: Node | undefined, wants: (expected: string) => SprueError): readonly Node[] {
    if (!isSeq(node)) throw wants('a list');
    return node.items.map(item => this.#resolve(item)).filter(item => item !== undefined);
  }

  #resolve(node: unknown): Node | undefined {
    if (isAlias(node)) return node.resolve(this.#document);
    return isMap(node) || isSeq(node) || isScalar(node) ? node : undefined;
  }

  #complaintAt(node: unknown, reason: string, hint = ''): SprueError {
    const range = isMap(node) || isSeq(node) || isScalar(node) ? node.range : undefined;
    return this.complaint(range?.[0], reason, hint);
  }
}

function isSameKey(left: unknown, right: unknown): boolean {
  return isScalar(left) && isScalar(right) && left.source === right.source;
}

/** Keys are names: YAML 1.1 takes a variable called `N` or `ON` for a boolean, and `010` for a number. */
function keepKeysAsWritten(document: Document): void {
  visit(document, {
    Pair(_, { key }) {
      if (!isScalar(key) || typeof key.value === 'string' || typeof key.value === 'symbol') return;
      key.value = key.source ?? String(key.value);
    },
  });
}

/** The merge key `<<` is a symbol to the YAML library. */
function keyOf(pair: Pair): string {
  const key: unknown = isScalar(pair.key) ? pair.key.value : pair.key;
  return typeof key === 'symbol' ? '<<' : String(key);
}

function isAnchored(pair: Pair): boolean {
  const { value } = pair;
  return (isMap(value) || isSeq(value) || isScalar(value)) && value.anchor !== undefined;
}

/** `, not “much”`, when what is there can be shown in a few words. */
function received(node: Node | undefined): string {
  const text = isScalar(node) ? String(node.value) : '';
  return text === '' || text.length > 60 ? '' : `, not “${text}”`;
}

/** Sprue's keys by `_`; the user's own, in `env`, `labels` and the like, stay as they are. */
function normalizeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(item => normalizeKeys(item));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => {
    const name = key.replaceAll('-', '_');
    const own = ['env', 'features', 'metadata', 'options'].includes(name);
    return [name, own ? member : normalizeKeys(member)] as const;
  });
  return Object.fromEntries(entries);
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/ at line \d+.*$/, '').replace(/[:.]$/, '');
}
