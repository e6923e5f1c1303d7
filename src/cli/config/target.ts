import { SprueError } from '../../core/errors.ts';
import { isLocalhostName } from '../api/lookup.ts';
import { type CliConfig, type Target, updateConfig } from './config-file.ts';

/**
 * The target a command works on: the current one of the configuration, or the one that `SPRUE_API`
 * names. Its tokens and org and space are used only for the API they belong to.
 */
export function resolveTarget(
  config: CliConfig,
  env: Readonly<Record<string, string | undefined>>,
): Target {
  const fromEnv = nonEmpty(env['SPRUE_API']);
  const api = fromEnv === undefined ? config.current : normalizeApi(fromEnv);
  if (api === undefined) throw new SprueError('NOT_TARGETED');
  const known = config.targets[api] ?? { api };
  const org = nonEmpty(env['SPRUE_ORG']);
  const space = nonEmpty(env['SPRUE_SPACE']);
  return { ...known, ...(org && { org }), ...(space && { space }) };
}

/**
 * Base URL of an API as a person writes it: a scheme is added when it is missing, a trailing slash
 * removed. @throws SprueError `USAGE` when it is no http(s) URL.
 */
export function normalizeApi(text: string): string {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
    ? text
    : `${guessScheme(text)}://${text}`;
  const url = URL.parse(withScheme);
  const usable = url && (url.protocol === 'http:' || url.protocol === 'https:');
  if (!usable || url.username !== '' || url.search !== '' || url.hash !== '') {
    const reason = `“${text}” is not the URL of an API, such as http://api.sprue.localhost`;
    throw new SprueError('USAGE', { reason, command: 'target' });
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function guessScheme(text: string): 'http' | 'https' {
  return isLocalhostName(text.replace(/[:/].*$/s, '')) ? 'http' : 'https';
}

/** Replaces what is known of one target; `undefined` in a member forgets it. */
export async function changeTarget(
  home: string,
  api: string,
  change: { readonly [Key in keyof Target]?: Target[Key] | undefined },
): Promise<void> {
  await updateConfig(home, config => withTarget(config, api, change));
}

/** Pure part of {@link changeTarget}. */
export function withTarget(
  config: CliConfig,
  api: string,
  change: { readonly [Key in keyof Target]?: Target[Key] | undefined },
): CliConfig {
  const merged = Object.entries({ ...config.targets[api], ...change, api });
  const target = Object.fromEntries(merged.filter(([, value]) => value !== undefined));
  return { ...config, targets: { ...config.targets, [api]: target as unknown as Target } };
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}
