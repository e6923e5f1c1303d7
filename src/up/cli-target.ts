import { readFileSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Owner, sprueHome, updateConfig } from '../cli/config/config-file.ts';
import { saveTarget } from '../cli/config/save-target.ts';
import type { Credentials } from '../roles/credentials.ts';

/** Where every platform begins; the controller makes both. */
const FIRST_PLACE = { org: 'sprue', space: 'dev' } as const;

/** Logs the local user's command line in, also when that user runs us through sudo. */
export async function targetLocalUser(
  api: string,
  { adminUser, adminPassword }: Credentials,
): Promise<void> {
  const { home, owner } = localUserHome(process.env);
  await saveTarget({
    api,
    user: adminUser,
    password: adminPassword,
    ...FIRST_PLACE,
    home,
    ...(owner && { owner }),
  });
}

/** The platform is gone: its target goes, with the tokens. Not there is success. */
export async function untargetLocalUser(api: string): Promise<void> {
  const { home, owner } = localUserHome(process.env);
  const left = await updateConfig(
    home,
    config => {
      const { [api]: _gone, ...targets } = config.targets;
      const { current, ...rest } = config;
      return { ...rest, ...(current !== undefined && current !== api && { current }), targets };
    },
    owner ? { owner } : {},
  );
  if (Object.keys(left.targets).length === 0) await removeConfig(home);
}

/** The last target is gone: so is the file, and its folder unless it holds something else. */
async function removeConfig(home: string): Promise<void> {
  await rm(join(home, 'config.json'), { force: true });
  await rmdir(home).catch(() => {});
}

/** `$SPRUE_HOME` or `.sprue` in the home of the person at the keyboard, who may be behind sudo(8). */
export function localUserHome(env: Readonly<Record<string, string | undefined>>): {
  home: string;
  owner?: Owner;
} {
  const { SUDO_UID, SUDO_GID, SPRUE_HOME } = env;
  if (SPRUE_HOME || !SUDO_UID || !SUDO_GID || SUDO_UID === '0') return { home: sprueHome(env) };
  const userHome = homeOf(SUDO_UID, readFileSync('/etc/passwd', 'utf8'));
  if (userHome === undefined) return { home: sprueHome(env) };
  return {
    home: join(userHome, '.sprue'),
    owner: { uid: Number(SUDO_UID), gid: Number(SUDO_GID) },
  };
}

/** Home directory of a user id in passwd(5). */
export function homeOf(uid: string, passwd: string): string | undefined {
  const fields = passwd
    .split('\n')
    .map(line => line.split(':'))
    .find(([, , id]) => id === uid);
  return fields?.[5];
}
