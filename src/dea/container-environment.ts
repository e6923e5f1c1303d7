import type { DesiredInstance } from '../proto/desired-instance.ts';

/** What the user's variables may replace. `C.UTF-8` is the one UTF-8 locale that every Debian has. */
const DEFAULTS = {
  LANG: 'C.UTF-8',
  PATH: '/opt/node/bin:/usr/local/bin:/usr/bin:/bin',
  TMPDIR: '/home/vcap/tmp',
  USER: 'vcap',
} as const;

/** The parts of an environment that are not the same for every container. */
export interface EnvironmentParts {
  readonly home: string;
  /** `VCAP_APPLICATION`. */
  readonly vcapApplication: Readonly<Record<string, unknown>>;
  /** What the platform alone decides, besides. */
  readonly platform: Readonly<Record<string, string>>;
}

/**
 * The whole environment of an app's or a build's container. The user's variables win over the
 * defaults, never over what the platform alone decides: `MEMORY_LIMIT`, `CF_INSTANCE_*` and `VCAP_*`,
 * of which only `VCAP_SERVICES` comes from the controller.
 */
export function containerEnvironment(
  { env, memoryMib }: Pick<DesiredInstance, 'env' | 'memoryMib'>,
  { home, vcapApplication, platform }: EnvironmentParts,
): Readonly<Record<string, string>> {
  const { VCAP_SERVICES = '{}', ...rest } = env;
  const own = Object.entries(rest).filter(([name]) => !/^(VCAP_|CF_INSTANCE_)/.test(name));
  return {
    HOME: home,
    ...DEFAULTS,
    ...Object.fromEntries(own),
    ...platform,
    MEMORY_LIMIT: `${memoryMib}m`,
    VCAP_APPLICATION: JSON.stringify(vcapApplication),
    VCAP_SERVICES,
  };
}
