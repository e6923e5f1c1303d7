import { EXIT } from '../../core/error-table.ts';
import type { Invocation } from '../command-spec.ts';
import { findApp } from '../find-app.ts';
import { formatTime } from '../render/duration.ts';

const DEFAULT_COUNT = 50;

export async function run({ args, options, context }: Invocation): Promise<number> {
  const { output } = context;
  const app = await findApp(context, args[0] ?? '');
  const api = await context.api();
  const { resources } = await api.apps.events(
    app.guid,
    options.integer('lines', 1) ?? DEFAULT_COUNT,
  );
  if (output.json) {
    output.value(resources);
    return EXIT.ok;
  }
  output.table(
    [{ title: 'TIME' }, { title: 'EVENT' }, { title: 'ACTOR' }, { title: 'DETAILS', shrink: true }],
    resources.map(event => [
      formatTime(Date.parse(event.created_at)),
      event.type,
      event.actor.name,
      describe(event.data),
    ]),
  );
  return EXIT.ok;
}

/** `instances: 2, memory_in_mb: 256`: the request behind the event if it has one, else its data. */
function describe(data: Readonly<Record<string, unknown>>): string {
  const { request } = data;
  const shown = typeof request === 'object' && request !== null ? request : data;
  return Object.entries(shown)
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(', ');
}
