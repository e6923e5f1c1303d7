import type { UpOptions } from '../up-options.ts';

/** One thing that must be right before Sprue changes anything on the machine. */
export interface Check {
  /** A few words, for the list that people read. */
  readonly name: string;
  run(options: UpOptions): Promise<CheckResult>;
}

export type CheckResult =
  | { readonly status: 'ok'; readonly found: string }
  /** Sprue can run, but something will not work as people expect. */
  | { readonly status: 'warn'; readonly found: string; readonly next: string }
  | { readonly status: 'fail'; readonly found: string; readonly next: string };

export function ok(found: string): CheckResult {
  return { status: 'ok', found };
}

export function warn(found: string, next: string): CheckResult {
  return { status: 'warn', found, next };
}

export function fail(found: string, next: string): CheckResult {
  return { status: 'fail', found, next };
}
