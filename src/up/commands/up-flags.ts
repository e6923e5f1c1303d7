import type { OptionValues } from '../../cli/option-values.ts';
import { parseUpOptions, type UpOptions } from '../up-options.ts';

/** The options of `up`, `doctor` and `quickstart`, parsed. */
export function upOptions(options: OptionValues, stateDir = options.text('stateDir')): UpOptions {
  const domain = options.text('domain');
  const httpPort = options.text('httpPort');
  const address = options.text('address');
  return parseUpOptions({
    ...(domain !== undefined && { domain }),
    ...(httpPort !== undefined && { httpPort }),
    ...(address !== undefined && { address }),
    ...(stateDir !== undefined && { stateDir }),
  });
}
