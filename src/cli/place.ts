import { suggestion } from '../core/did-you-mean.ts';
import { SprueError } from '../core/errors.ts';
import type { Api } from './api/api.ts';
import type { CliContext } from './context.ts';

/** The org and space that a command works in. */
export interface Place {
  readonly orgGuid: string;
  readonly org: string;
  readonly spaceGuid: string;
  readonly space: string;
}

export async function findPlace(context: CliContext): Promise<Place> {
  const { org, space } = await context.target();
  if (org === undefined || space === undefined) throw new SprueError('NO_SPACE_TARGETED');
  return placeByNames(await context.api(), org, space);
}

/** @throws SprueError `NO_SUCH` */
export async function placeByNames(api: Api, org: string, space: string): Promise<Place> {
  const orgGuid = (await orgByName(api, org)).guid;
  const found = await api.spaces.space(orgGuid, space);
  if (found === undefined) {
    const names = (await api.spaces.spaces(orgGuid)).map(({ name }) => name);
    throw noSuch('space', space, names, { where: ` in org ${org}`, list: 'sprue spaces' });
  }
  return { orgGuid, org, spaceGuid: found.guid, space: found.name };
}

export async function orgByName(
  api: Api,
  name: string,
): Promise<{ readonly guid: string; readonly name: string }> {
  const org = await api.spaces.org(name);
  if (org !== undefined) return org;
  const names = (await api.spaces.orgs()).map(({ name }) => name);
  throw noSuch('org', name, names, { list: 'sprue orgs' });
}

/** The error for a name that leads to nothing, with the name that was probably meant. */
export function noSuch(
  kind: string,
  name: string,
  candidates: readonly string[],
  options: { readonly where?: string; readonly list: string },
): SprueError {
  return new SprueError('NO_SUCH', {
    kind,
    name,
    where: options.where ?? '',
    suggestion: suggestion(name, candidates),
    list: `\`${options.list}\` lists what there is.`,
  });
}
