import type { Target } from '../config/config-file.ts';
import type { Output } from './output.ts';

/** Where commands work, and as whom. Tokens are never shown. */
export function renderTarget(target: Target, output: Output): void {
  const { api, user, org, space } = target;
  if (output.json) {
    output.value({ api, user: user ?? null, org: org ?? null, space: space ?? null });
    return;
  }
  output.facts([
    ['api', api],
    ['user', user ?? 'not logged in'],
    ['org', org ?? 'none; choose one: sprue target -o ORG -s SPACE'],
    ['space', space ?? (org === undefined ? undefined : 'none; choose one: sprue target -s SPACE')],
  ]);
}
