import { EXIT } from '../../core/error-table.ts';
import { SprueError } from '../../core/errors.ts';
import { Api } from '../api/api.ts';
import { Session } from '../api/session.ts';
import { fetchTokens, type Tokens } from '../api/tokens.ts';
import type { Invocation } from '../command-spec.ts';
import { readConfig, type Target, updateConfig } from '../config/config-file.ts';
import { normalizeApi, resolveTarget, withTarget } from '../config/target.ts';
import { openHttp } from '../connect.ts';
import type { CliContext } from '../context.ts';
import type { OptionValues } from '../option-values.ts';
import { orgByName, placeByNames } from '../place.ts';
import { askPassword } from '../render/ask-password.ts';
import { renderTarget } from '../render/target.ts';

export async function run({ options, context }: Invocation): Promise<number> {
  const known = await knownTarget(context, options);
  const target: Target = {
    api: known.api,
    ...((options.flag('skipSslValidation') || known.skipSslValidation) && {
      skipSslValidation: true,
    }),
  };
  const http = openHttp(context, target);
  const user = await userName(context, options, known);
  const password =
    context.env['SPRUE_PASSWORD'] || (await askPassword(context, `Password of ${user}: `));
  const tokens = await fetchTokens(http, { grant: 'password', user, password });
  const session = new Session({ http, target: { ...target, ...tokens }, save: async () => {} });
  const place = await choosePlace(new Api(session), options, known);
  await save(context, target, { ...tokens, user, ...place });
  renderTarget({ ...target, user, ...place }, context.output);
  return EXIT.ok;
}

/** With `--api` what was known of that API, else the current target. */
async function knownTarget(context: CliContext, options: OptionValues): Promise<Target> {
  const config = await readConfig(context.home);
  const given = options.text('api');
  if (given === undefined) return resolveTarget(config, context.env);
  const api = normalizeApi(given);
  return config.targets[api] ?? { api };
}

async function userName(
  context: CliContext,
  options: OptionValues,
  known: Target,
): Promise<string> {
  const given = options.text('user') ?? context.env['SPRUE_USER'] ?? '';
  if (given !== '') return given;
  if (!context.interactive) {
    const reason =
      'Nobody is there to be asked for the user: give -u, or SPRUE_USER and SPRUE_PASSWORD';
    throw new SprueError('USAGE', { reason, command: 'login' });
  }
  const answer = await context.ask(`User${known.user === undefined ? '' : ` [${known.user}]`}: `);
  return answer.trim() || (known.user ?? '');
}

type Names = Pick<Target, 'org' | 'space'>;

/** What was named; else what was targeted before, if it is still there; else the only one there is. */
async function choosePlace(api: Api, options: OptionValues, known: Target): Promise<Names> {
  const wantedOrg = options.text('org');
  const orgs = (await api.spaces.orgs()).map(({ name }) => name);
  const org = wantedOrg ?? choose(orgs, known.org);
  if (org === undefined) return {};
  const wantedSpace = options.text('space');
  if (wantedSpace !== undefined) {
    const place = await placeByNames(api, org, wantedSpace);
    return { org: place.org, space: place.space };
  }
  const { guid } = await orgByName(api, org);
  const spaces = (await api.spaces.spaces(guid)).map(({ name }) => name);
  const space = choose(spaces, known.space);
  return { org, ...(space !== undefined && { space }) };
}

function choose(names: readonly string[], before: string | undefined): string | undefined {
  if (before !== undefined && names.includes(before)) return before;
  return names.length === 1 ? names[0] : undefined;
}

async function save(
  context: CliContext,
  target: Target,
  change: Tokens & Names & { readonly user: string },
): Promise<void> {
  const { api } = target;
  await updateConfig(context.home, config => {
    const { [api]: _, ...others } = config.targets;
    return {
      ...withTarget({ ...config, targets: others }, api, { ...target, ...change }),
      current: api,
    };
  });
}
