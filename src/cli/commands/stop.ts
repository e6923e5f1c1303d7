import { EXIT } from '../../core/error-table.ts';
import { poll } from '../../core/wait.ts';
import type { Invocation } from '../command-spec.ts';
import { findApp } from '../find-app.ts';
import { Progress } from '../render/progress.ts';

const INTERVAL_MS = 150;
/** An instance has ten seconds to end by itself; draining comes before that. */
const TIMEOUT_MS = 60_000;

export async function run({ args, context }: Invocation): Promise<number> {
  const app = await findApp(context, args[0] ?? '');
  if (app.state === 'STOPPED') {
    context.output.note(`${app.name} is stopped already.`);
    return EXIT.ok;
  }
  const api = await context.api();
  context.goesOn = `${app.name} goes on stopping.`;
  await new Progress(context.output).step('stop', async () => {
    await api.apps.act(app.guid, 'stop');
    const processes = await api.apps.processes(app.guid);
    const gone = await poll(
      async () => {
        const stats = await Promise.all(processes.map(({ guid }) => api.apps.stats(guid)));
        return stats.flat().every(({ state }) => state === 'DOWN') || undefined;
      },
      { intervalMs: INTERVAL_MS, timeoutMs: TIMEOUT_MS, signal: context.signal },
    );
    return {
      value: undefined,
      detail: gone ? 'no instance is left' : 'it goes on in the background',
    };
  });
  return EXIT.ok;
}
