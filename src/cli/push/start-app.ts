import { SprueError } from '../../core/errors.ts';
import type { App } from '../../proto/v3/app.ts';
import type { Deployment } from '../../proto/v3/deployment.ts';
import type { InstanceStats } from '../../proto/v3/process-stats.ts';
import type { Api } from '../api/api.ts';
import type { CliContext } from '../context.ts';
import { pollPatiently } from '../poll-patiently.ts';
import type { Progress, Step } from '../render/progress.ts';
import { failureOf, failureOfDeployment, judgeStart } from './judge-start.ts';
import { ListenWatch } from './listen-watch.ts';
import { RoomWatch } from './room-watch.ts';
import { stillServes } from './still-serves.ts';
import { lastWords, olderText, unhealthyError } from './unhealthy-error.ts';

export interface StartTools {
  readonly context: CliContext;
  readonly api: Api;
  readonly progress: Progress;
}

const INTERVAL_MS = 100;
/** As `cf`: how long a start may take, in minutes. */
const START_TIMEOUT_VARIABLE = 'SPRUE_STARTUP_TIMEOUT';
const DEFAULT_START_TIMEOUT_MINUTES = 5;

/** Starts a stopped app, with another droplet if one is given, and waits until it is up. */
export async function startStopped(
  app: App,
  dropletGuid: string | undefined,
  tools: StartTools,
): Promise<void> {
  const { api } = tools;
  await tools.progress.step('start', async step => {
    if (dropletGuid !== undefined) await api.apps.setCurrentDroplet(app.guid, dropletGuid);
    await api.apps.act(app.guid, 'start');
    return { value: undefined, detail: await untilUp(app, step, tools) };
  });
}

/** Stops the app, then starts it: what `--strategy restart` asks for. */
export async function stopAndStart(
  app: App,
  dropletGuid: string | undefined,
  tools: StartTools,
): Promise<void> {
  if (app.state === 'STARTED') {
    await tools.progress.step('stop', async () => {
      await tools.api.apps.act(app.guid, 'stop');
      return { value: undefined, detail: '' };
    });
  }
  await startStopped(app, dropletGuid, tools);
}

/** Replaces the instances of a running app one by one, without a gap. */
export async function deployRolling(
  app: App,
  dropletGuid: string | undefined,
  tools: StartTools,
): Promise<void> {
  const { api } = tools;
  await tools.progress.step('deploy', async step => {
    const { guid } = await api.staging.createDeployment(app.guid, dropletGuid);
    const ended = await untilDeployed(guid, step, tools);
    if (ended?.status.reason === 'DEPLOYED') {
      return { value: undefined, detail: await untilUp(app, step, tools) };
    }
    throw deploymentError(app, ended, await stillServes(api, app.guid), tools);
  });
}

/** Waits until every instance runs and is known to the routers. @returns a line for people */
export async function untilUp(app: App, step: Step, tools: StartTools): Promise<string> {
  const { api, context } = tools;
  const processes = await api.apps.processes(app.guid);
  const guids = processes.filter(process => process.instances > 0).map(({ guid }) => guid);
  let instances: readonly InstanceStats[] = [];
  const timeoutMs = startTimeoutMs(context);
  const listening = new ListenWatch();
  const room = new RoomWatch();
  const verdict = await pollPatiently(
    async () => {
      instances = (await Promise.all(guids.map(guid => api.apps.stats(guid)))).flat();
      const verdict = judgeStart(instances);
      if (verdict.kind !== 'waiting') return verdict;
      const { hints, failure } = listening.look(instances, performance.now());
      for (const hint of hints) step.print(hint);
      const stuck = failure ?? room.look(instances, performance.now());
      if (stuck) return { kind: 'failed', failure: stuck } as const;
      step.update(`${verdict.ready} of ${verdict.wanted} instances up`);
      return undefined;
    },
    { intervalMs: INTERVAL_MS, timeoutMs, signal: context.signal },
  );
  if (verdict === undefined) throw timeoutError(app, instances, timeoutMs);
  if (verdict.kind === 'failed') {
    throw unhealthyError(app.name, verdict.failure, { olderServes: false });
  }
  return verdict.wanted === 1 ? '1 instance up' : `${verdict.wanted} instances up`;
}

async function untilDeployed(
  guid: string,
  step: Step,
  { api, context }: StartTools,
): Promise<Deployment | undefined> {
  return pollPatiently(
    async () => {
      const now = await api.staging.deployment(guid);
      if (now.status.value === 'FINALIZED') return now;
      const { ready_instances, wanted_instances } = now.sprue ?? {};
      if (wanted_instances !== undefined) {
        step.update(`${ready_instances} of ${wanted_instances} new instances up`);
      }
      return undefined;
    },
    { intervalMs: INTERVAL_MS, timeoutMs: startTimeoutMs(context), signal: context.signal },
  );
}

function deploymentError(
  app: App,
  ended: Deployment | undefined,
  olderServes: boolean,
  tools: StartTools,
): SprueError {
  if (ended === undefined) return timeoutError(app, [], startTimeoutMs(tools.context));
  const { failure } = ended.sprue ?? {};
  if (failure) {
    return unhealthyError(app.name, failureOfDeployment(failure), { olderServes });
  }
  if (ended.status.reason === 'SUPERSEDED') {
    return new SprueError('DEPLOYMENT_SUPERSEDED', { app: app.name });
  }
  const isCanceled = ended.status.reason === 'CANCELED';
  const reason = isCanceled
    ? 'the deployment was cancelled.'
    : `it ended as ${ended.status.reason}.`;
  const fix = `\`sprue app ${app.name}\` shows what runs.`;
  return new SprueError('APP_UNHEALTHY', {
    app: app.name,
    reason,
    fix,
    older: olderText(olderServes),
  });
}

function timeoutError(
  app: App,
  instances: readonly InstanceStats[],
  timeoutMs: number,
): SprueError {
  const waiting = instances.find(({ state }) => state !== 'RUNNING');
  const failure = waiting && failureOf(waiting);
  const reason = failure?.reason ?? 'it goes on in the background';
  return new SprueError('START_TIMED_OUT', {
    app: app.name,
    seconds: timeoutMs / 1000,
    reason: `${reason.replace(/\.$/, '')}.`,
    older: '',
    ...(failure && lastWords(failure)),
  });
}

function startTimeoutMs({ env }: CliContext): number {
  const minutes = Number(env[START_TIMEOUT_VARIABLE]);
  return (minutes > 0 ? minutes : DEFAULT_START_TIMEOUT_MINUTES) * 60_000;
}
