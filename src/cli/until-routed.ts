import { poll } from '../core/wait.ts';
import type { App } from '../proto/v3/app.ts';
import { fetchThroughRouter } from './api/fetch-through-router.ts';
import type { CliContext } from './context.ts';
import { stillServes } from './push/still-serves.ts';

const INTERVAL_MS = 50;
const TIMEOUT_MS = 5_000;

/**
 * Waits until the router knows the URL, so that the next command may use it. Only an app that serves
 * is waited for, and no longer than a few seconds: a route is not a failure because a router is slow.
 * @returns whether it leads to the app by now.
 */
export async function untilRouted(app: App, url: string, context: CliContext): Promise<boolean> {
  const api = await context.api();
  if (app.state !== 'STARTED' || !(await stillServes(api, app.guid))) return false;
  const target = await context.target();
  const { signal } = context;
  const known = await poll(
    async () => {
      const answer = await fetchThroughRouter(url, {
        api: target.api,
        timeoutMs: TIMEOUT_MS,
        signal,
        skipSslValidation: target.skipSslValidation === true,
      });
      if (answer.kind === 'none') return false;
      return answer.routerError === 'unknown_route' ? undefined : true;
    },
    { intervalMs: INTERVAL_MS, timeoutMs: TIMEOUT_MS, signal },
  );
  return known ?? false;
}
