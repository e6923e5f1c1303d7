import { closest } from '../../core/did-you-mean.ts';
import { parseGoDurationMs } from './go-duration.ts';

/** Where a value stands, and where what is wrong with it is collected. */
export interface Place {
  readonly path: string;
  readonly problems: string[];
}

/** Checks one value of the file and gives it its type; an absent one gets the default. */
export interface Rule<T> {
  read(value: unknown, place: Place): T;
  /** The rules of a mapping's keys. */
  readonly shape?: Readonly<Record<string, Rule<unknown>>>;
}

export type Checked<R> = R extends Rule<infer T> ? T : never;

type Shape = Readonly<Record<string, Rule<unknown>>>;
type Section<S extends Shape> = { readonly [K in keyof S]: Checked<S[K]> };

/** A mapping. Keys that `shape` does not have are a problem; `later` explains some of them. */
export function section<S extends Shape>(
  shape: S,
  later: ReadonlySet<string> = new Set(),
): Rule<Section<S>> {
  return {
    shape,
    read(value, place) {
      const given = isMapping(value) ? value : {};
      if (!isAbsent(value) && !isMapping(value)) complain(place, 'must be a mapping', value);
      for (const key of Object.keys(given)) {
        if (Object.hasOwn(shape, key)) continue;
        place.problems.push(describeUnknown(below(place, key).path, key, shape, later));
      }
      const result: Record<string, unknown> = {};
      for (const [key, rule] of Object.entries(shape)) {
        result[key] = rule.read(given[key], below(place, key));
      }
      return result as Section<S>;
    },
  };
}

export function text(fallback = ''): Rule<string> {
  return scalar(fallback, 'must be text', value =>
    typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined,
  );
}

export function flag(fallback: boolean): Rule<boolean> {
  return scalar(fallback, 'must be true or false', value =>
    typeof value === 'boolean' ? value : undefined,
  );
}

export function integer(
  fallback: number,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): Rule<number> {
  return scalar(fallback, `must be an integer from ${min} to ${max}`, value =>
    Number.isInteger(value) && Number(value) >= min && Number(value) <= max
      ? Number(value)
      : undefined,
  );
}

/** 0 lets the kernel choose. */
export function port(fallback: number): Rule<number> {
  return integer(fallback, 0, 65_535);
}

/** A Go duration, read as milliseconds. `fallback` is written as one too. */
export function duration(fallback: string): Rule<number> {
  return scalar(parseGoDurationMs(fallback) ?? 0, 'must be a duration such as 30s', value =>
    value === 0 ? 0 : typeof value === 'string' ? parseGoDurationMs(value) : undefined,
  );
}

export function oneOf<const T extends string>(fallback: T, ...others: readonly T[]): Rule<T> {
  const all = [fallback, ...others];
  return scalar<T>(fallback, `must be one of ${all.join(', ')}`, value =>
    all.find(candidate => candidate === value),
  );
}

/** A value that may be left out. */
export function optional<T>(rule: Rule<T>): Rule<T | undefined> {
  return { read: (value, place) => (isAbsent(value) ? undefined : rule.read(value, place)) };
}

export function listOf<T>(item: Rule<T>): Rule<readonly T[]> {
  return {
    read(value, place) {
      if (isAbsent(value)) return [];
      if (Array.isArray(value)) {
        return value.map((entry, index) => item.read(entry, below(place, String(index))));
      }
      complain(place, 'must be a list', value);
      return [];
    },
  };
}

function scalar<T>(
  fallback: T,
  expected: string,
  convert: (value: unknown) => T | undefined,
): Rule<T> {
  return {
    read(value, place) {
      if (isAbsent(value)) return fallback;
      const converted = convert(value);
      if (converted !== undefined) return converted;
      complain(place, expected, value);
      return fallback;
    },
  };
}

function complain(place: Place, expected: string, received: unknown): void {
  place.problems.push(`${place.path || 'the file'} ${expected}, not ${JSON.stringify(received)}`);
}

function describeUnknown(
  path: string,
  key: string,
  shape: Shape,
  later: ReadonlySet<string>,
): string {
  if (later.has(key)) return `${path} is a setting of gorouter that this version does not have`;
  const near = closest(key, Object.keys(shape));
  return `${path} is not a setting${near === undefined ? '' : `; did you mean ${near}?`}`;
}

function below(place: Place, key: string): Place {
  return { path: place.path === '' ? key : `${place.path}.${key}`, problems: place.problems };
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
