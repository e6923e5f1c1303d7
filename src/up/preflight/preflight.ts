import { reasonOf } from '../../core/errors.ts';
import type { UpOptions } from '../up-options.ts';
import { type Check, type CheckResult, fail } from './check.ts';
import { addressRangeCheck, foreignFirewallCheck, tableOwnerCheck } from './host-network.ts';
import { cgroupCheck, namespacesCheck, nftablesCheck } from './kernel.ts';
import { diskCheck, httpPortCheck, rootCheck, stateDirCheck } from './machine.ts';
import { programsCheck } from './programs.ts';

/** In the order that a person mends things. None of them changes anything. */
export const CHECKS: readonly Check[] = [
  rootCheck,
  programsCheck,
  namespacesCheck,
  cgroupCheck,
  nftablesCheck,
  httpPortCheck,
  tableOwnerCheck,
  addressRangeCheck,
  foreignFirewallCheck,
  stateDirCheck,
  diskCheck,
];

export interface NamedResult {
  readonly name: string;
  readonly result: CheckResult;
}

/** Runs all checks, also after a failed one. @returns whether none has failed. */
export async function preflight(
  options: UpOptions,
  report: (named: NamedResult) => void,
): Promise<boolean> {
  let passed = true;
  for (const check of CHECKS) {
    const named = await runCheck(check, options);
    report(named);
    if (named.result.status === 'fail') passed = false;
  }
  return passed;
}

/** A check that throws has failed. */
export async function runCheck(check: Check, options: UpOptions): Promise<NamedResult> {
  const result = await check
    .run(options)
    .catch((thrown: unknown) =>
      fail(reasonOf(thrown), 'Mend this first; the check could not be made.'),
    );
  return { name: check.name, result };
}
