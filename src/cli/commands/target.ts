import { EXIT } from '../../core/error-table.ts';
import { SprueError } from '../../core/errors.ts';
import type { Invocation } from '../command-spec.ts';
import { readConfig, type Target, updateConfig } from '../config/config-file.ts';
import { changeTarget, normalizeApi, resolveTarget, withTarget } from '../config/target.ts';
import type { CliContext } from '../context.ts';
import { orgByName, placeByNames } from '../place.ts';
import { renderTarget } from '../render/target.ts';

export async function run({ options, context }: Invocation): Promise<number> {
  const api = options.text('api');
  if (api !== undefined) await changeApi(context, normalizeApi(api));
  const org = options.text('org');
  const space = options.text('space');
  if (org !== undefined || space !== undefined) await changePlace(context, org, space);
  renderTarget(resolveTarget(await readConfig(context.home), context.env), context.output);
  return EXIT.ok;
}

async function changeApi(context: CliContext, api: string): Promise<void> {
  await updateConfig(context.home, config => ({
    ...withTarget(config, api, {}),
    current: api,
  }));
}

async function changePlace(
  context: CliContext,
  givenOrg: string | undefined,
  givenSpace: string | undefined,
): Promise<void> {
  const target: Target = await context.target();
  const org = givenOrg ?? target.org;
  if (org === undefined) throw new SprueError('NO_SPACE_TARGETED');
  const api = await context.api();
  const { guid } = await orgByName(api, org);
  const spaces = await api.spaces.spaces(guid);
  const only = spaces.length === 1 ? spaces[0]?.name : undefined;
  const wanted = givenSpace ?? only;
  const space = wanted === undefined ? undefined : (await placeByNames(api, org, wanted)).space;
  await changeTarget(context.home, target.api, { org, space });
}
