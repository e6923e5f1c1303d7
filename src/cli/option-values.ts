import { SprueError } from '../core/errors.ts';

/** Values of the options that were given, by camel-case name, with their types checked on the way out. */
export class OptionValues {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #command: string;

  constructor(values: Readonly<Record<string, unknown>>, command: string) {
    this.#values = values;
    this.#command = command;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  /** Whether the negated form of a flag was given: `--no-route` for `route`. */
  negated(name: string): boolean {
    return this.#values[name] === false;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  list(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.filter(item => typeof item === 'string') : [];
  }

  /** @throws SprueError `USAGE` unless the value is a whole number from `minimum` on. */
  integer(name: string, minimum = 0): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum) return value;
    const reason = `“${text}” is not a whole number from ${minimum} on (--${kebab(name)})`;
    throw new SprueError('USAGE', { reason, command: this.#command });
  }
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);
}
