import { fetchThroughRouter, type RouterAnswer } from '../api/fetch-through-router.ts';
import { publicUrl } from '../public-url.ts';
import type { PushStep } from './push-step.ts';

const TIMEOUT_MS = 10_000;

/**
 * Asks the app's first route, as a user would. What the app answers is its own affair and only
 * shown; that it listens where it should is settled when it counts as up.
 */
export const verify: PushStep = async (state, { api, progress, context }) => {
  const routes = await api.routes.ofApp(state.app.guid);
  const route = routes.find(({ url }) => !url.startsWith('*'));
  if (route === undefined) return state;
  const target = await context.target();
  const url = publicUrl(route.url, target.api);
  const answer = await progress.step('verify', async step => {
    step.update(`GET ${url}`);
    const value = await fetchThroughRouter(url, {
      api: target.api,
      timeoutMs: TIMEOUT_MS,
      signal: context.signal,
      skipSslValidation: target.skipSslValidation === true,
    });
    return { value, detail: `GET ${url} ${describeAnswer(value)}` };
  });
  return { ...state, url, answer };
};

function describeAnswer(answer: RouterAnswer): string {
  if (answer.kind === 'none') return `→ no answer: ${answer.reason}`;
  const error = answer.routerError === undefined ? '' : ` from the router (${answer.routerError})`;
  const via = answer.viaApi
    ? '; its name does not resolve here, so the router was asked directly'
    : '';
  return `→ ${answer.status}${error}${via}`;
}
