import { EXIT } from '../../core/error-table.ts';
import type { Invocation } from '../command-spec.ts';
import { changeTarget } from '../config/target.ts';

export async function run({ context }: Invocation): Promise<number> {
  const { api } = await context.target();
  await changeTarget(context.home, api, {
    accessToken: undefined,
    refreshToken: undefined,
    user: undefined,
  });
  context.output.note(`Logged out of ${api}.`);
  return EXIT.ok;
}
