import { join } from 'node:path';
import { installRoot } from '../roles/launcher.ts';
import { labDir } from './lab-dir.ts';
import type { LabHost, LabPlan } from './lab-plan.ts';
import { utsFile } from './network.ts';

/**
 * Argument vector of a role's process on a host: that host's network and name, but the machine's
 * mounts, since a DEA makes namespaces that others must see.
 */
export function asService(
  plan: LabPlan,
  host: LabHost,
  argv: readonly string[],
): [string, ...string[]] {
  return [
    'nsenter',
    `--net=/run/netns/${host.netns}`,
    `--uts=${utsFile(plan, host)}`,
    '--',
    ...argv,
  ];
}

/** Argument vector of a person's command on a host: also with the host's resolv.conf and hosts in /etc. */
export function asPerson(
  plan: LabPlan,
  host: LabHost,
  argv: readonly string[],
): [string, ...string[]] {
  const enter = ['ip', 'netns', 'exec', host.netns, ...argv];
  return ['nsenter', `--uts=${utsFile(plan, host)}`, '--', ...enter];
}

/** `sprue` is on PATH there and speaks to the lab's platform. */
export function labEnvironment(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const { SPRUE_API: _api, SPRUE_ORG: _org, SPRUE_SPACE: _space, ...rest } = env;
  return {
    ...rest,
    PATH: `${join(installRoot, 'bin')}:${env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin'}`,
    SPRUE_HOME: join(labDir(name), 'home'),
    SPRUE_LAB: name,
  };
}
