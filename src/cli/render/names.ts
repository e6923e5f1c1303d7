import type { Output } from './output.ts';

export interface RenderNamesOptions {
  readonly output: Output;
  readonly quiet: boolean;
  /** Name of the one that is targeted. */
  readonly targeted: string | undefined;
}

/** A list of orgs or spaces. */
export function renderNames(
  resources: readonly { readonly name: string; readonly guid: string }[],
  { output, quiet, targeted }: RenderNamesOptions,
): void {
  if (output.json) {
    output.value(resources.map(({ name, guid }) => ({ name, guid, targeted: name === targeted })));
  } else if (quiet) {
    for (const { name } of resources) output.line(name);
  } else {
    const rows = resources.map(({ name }) => [name, name === targeted ? 'targeted' : '']);
    output.table([{ title: 'NAME' }, { title: '' }], rows);
  }
}
