import { hasCode } from '../../core/errors.ts';
import { parseSizeBytes } from '../../core/size.ts';

/** What a single value of a manifest may be, and how to say it. */
export const SCALAR_KINDS = {
  text: { expected: 'text', fits: value => isTextual(value) && String(value) !== '' },
  'text or null': { expected: 'text', fits: value => value === null || isTextual(value) },
  size: {
    expected: 'a size, e.g. 512M or 1G',
    fits: value => isTextual(value) && isSize(`${value}`),
  },
  count: { expected: 'a whole number from 0 on', fits: value => isCount(value, 0) },
  positive: { expected: 'a whole number from 1 on', fits: value => isCount(value, 1) },
  flag: { expected: 'true or false', fits: value => typeof value === 'boolean' },
  'health check': {
    expected: 'port, http or process',
    fits: value => ['port', 'http', 'process', 'none'].includes(String(value)),
  },
  endpoint: {
    expected: 'a path such as /health',
    fits: value => typeof value === 'string' && value.startsWith('/'),
  },
  version: { expected: '1', fits: value => value === 1 },
} as const satisfies Record<string, ScalarCheck>;

interface ScalarCheck {
  readonly expected: string;
  fits(value: unknown): boolean;
}

export type ScalarKind = keyof typeof SCALAR_KINDS;

export function isScalarKind(kind: string): kind is ScalarKind {
  return Object.hasOwn(SCALAR_KINDS, kind);
}

function isTextual(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function isCount(value: unknown, minimum: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= minimum;
}

function isSize(text: string): boolean {
  try {
    return parseSizeBytes(text) > 0;
  } catch (thrown) {
    if (hasCode(thrown, 'INVALID_SIZE')) return false;
    throw thrown;
  }
}
