import { parse } from 'yaml';
import { z } from 'zod';
import { reasonOf } from '../../core/errors.ts';
import { StagingFailure } from './staging-failure.ts';

const releaseSchema = z
  .object({ default_process_types: z.record(z.string(), z.string().min(1)).nullish() })
  .nullish();

/**
 * The process types in the YAML that `bin/release` prints.
 * @throws StagingFailure `BuildpackReleaseFailed`
 */
export function parseRelease(yaml: string): Readonly<Record<string, string>> {
  try {
    // Aliases let ten lines stand for gigabytes; no release needs them.
    return releaseSchema.parse(parse(yaml, { maxAliasCount: 0 }))?.default_process_types ?? {};
  } catch (thrown) {
    const reason =
      thrown instanceof z.ZodError
        ? 'default_process_types must map each process type to its start command'
        : reasonOf(thrown).split('\n', 1).join('');
    throw new StagingFailure(
      'BuildpackReleaseFailed',
      `bin/release did not print what it should: ${reason}`,
      { cause: thrown },
    );
  }
}
