import { stringify } from 'yaml';
import { SprueError } from '../../core/errors.ts';
import type { App } from '../../proto/v3/app.ts';
import { awaitJob } from '../await-job.ts';
import { deploy } from './deploy-droplet.ts';
import { gatherFiles, type Source } from './gather-files.ts';
import type { AppPush } from './plan-push.ts';
import type { PushState, PushStep, PushTools } from './push-step.ts';
import { stage } from './stage-package.ts';
import { upload, zip } from './upload-package.ts';
import { verify } from './verify-url.ts';

/** In this order: each step uses what those before it have made. */
const STEPS: readonly PushStep[] = [zip, upload, stage, deploy, verify];
const STEPS_WITHOUT_START: readonly PushStep[] = [zip, upload, stopIfRunning];

/**
 * Pushes the apps one after the other. All files are looked at before anything is changed.
 * @returns what came of each.
 */
export async function pushApps(
  pushes: readonly AppPush[],
  tools: PushTools,
): Promise<readonly PushState[]> {
  const sources = new Map<AppPush, Source>();
  for (const push of pushes) sources.set(push, await gatherFiles(push.sourcePath));
  await applyManifest(pushes, tools);
  const apps = await appsByName(pushes, tools);
  const done: PushState[] = [];
  for (const [push, source] of sources) {
    const app = apps.get(push.name);
    if (app === undefined) throw lostApp(push.name);
    done.push(await pushApp({ push, source, app }, tools));
  }
  return done;
}

/** The manifest as it is sent to the API: all flags and variables in it. */
export function manifestText(pushes: readonly AppPush[]): string {
  const applications = pushes.map(({ manifest }) => dashed(manifest));
  // The API reads YAML 1.1, in which a bare `yes`, `12:30` or `0777` is no text.
  return stringify({ applications }, { lineWidth: 0, version: '1.1' });
}

async function pushApp(start: PushState, tools: PushTools): Promise<PushState> {
  const { name } = start.push;
  tools.context.goesOn = `What the platform has begun for ${name} goes on there; \`sprue app ${name}\` shows it.`;
  let state = start;
  try {
    for (const step of tools.options.start ? STEPS : STEPS_WITHOUT_START) {
      state = await step(state, tools);
    }
    return state;
  } finally {
    await state.zip?.[Symbol.asyncDispose]();
  }
}

async function applyManifest(pushes: readonly AppPush[], tools: PushTools): Promise<void> {
  const { api, place, progress, context } = tools;
  await progress.step('manifest', async () => {
    const job = await api.staging.applyManifest(place.spaceGuid, manifestText(pushes));
    await awaitJob(api, job, context.signal);
    return { value: undefined, detail: 'applied' };
  });
}

async function appsByName(
  pushes: readonly AppPush[],
  { api, place }: PushTools,
): Promise<ReadonlyMap<string, App>> {
  const names = pushes.map(({ name }) => name);
  const apps = await api.apps.byNames(place.spaceGuid, names);
  return new Map(apps.map(app => [app.name, app]));
}

async function stopIfRunning(state: PushState, { api }: PushTools): Promise<PushState> {
  if (state.app.state === 'STARTED') await api.apps.act(state.app.guid, 'stop');
  return state;
}

/** Cloud Foundry’s spelling of keys: with dashes, except for `disk_quota`. */
function dashed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(dashed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => {
    const own = ['env', 'features', 'metadata', 'options'].includes(key);
    const name = key === 'disk_quota' ? key : key.replaceAll('_', '-');
    return [name, own ? member : dashed(member)] as const;
  });
  return Object.fromEntries(entries);
}

function lostApp(name: string): SprueError {
  return new SprueError('INTERNAL', {
    reason: `the manifest was applied, but ${name} is not there`,
  });
}
