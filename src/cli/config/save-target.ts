import { HttpClient } from '../api/http-client.ts';
import { fetchTokens } from '../api/tokens.ts';
import { type Owner, sprueHome, updateConfig } from './config-file.ts';
import { normalizeApi, withTarget } from './target.ts';

export interface SaveTargetOptions {
  readonly api: string;
  readonly user: string;
  /** Given to the token endpoint once; only the tokens it answers are kept. */
  readonly password: string;
  readonly org: string;
  readonly space: string;
  /** Directory of the configuration; default {@link sprueHome}. */
  readonly home?: string;
  /** Who shall own the configuration, when root writes that of somebody else. */
  readonly owner?: Owner;
  readonly signal?: AbortSignal;
}

/**
 * Logs in and makes the platform the current target of the command line: how `sprue up` targets the
 * local user's CLI. @throws SprueError `API_UNREACHABLE`, `LOGIN_REJECTED`, `CONFIG_UNREADABLE`
 */
export async function saveTarget(options: SaveTargetOptions): Promise<void> {
  const api = normalizeApi(options.api);
  const http = new HttpClient({ baseUrl: api });
  try {
    const tokens = await fetchTokens(http, {
      grant: 'password',
      user: options.user,
      password: options.password,
      ...(options.signal && { signal: options.signal }),
    });
    const { user, org, space } = options;
    const change = { ...tokens, user, org, space };
    await updateConfig(
      options.home ?? sprueHome(),
      config => ({ ...withTarget(config, api, change), current: api }),
      options.owner ? { owner: options.owner } : {},
    );
  } finally {
    http.close();
  }
}
