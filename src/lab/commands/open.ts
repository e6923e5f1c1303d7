import type { Invocation } from '../../cli/command-spec.ts';
import { requireRoot } from '../../roles/require-root.ts';
import { findHost } from '../find-host.ts';
import { openLab } from '../lab-dir.ts';
import { DEFAULT_LAB_NAME, type LabHost, type LabPlan } from '../lab-plan.ts';

export function labName({ options }: Invocation): string {
  return options.text('name') ?? DEFAULT_LAB_NAME;
}

/** The lab and the host that a command names. @throws SprueError `NOT_ROOT`, `LAB_NOT_HERE`, `LAB_NO_HOST` */
export async function openHost(invocation: Invocation): Promise<{ plan: LabPlan; host: LabHost }> {
  requireRoot();
  const plan = await openLab(labName(invocation));
  return { plan, host: findHost(plan, invocation.args[0] ?? '') };
}
