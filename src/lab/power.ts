import { readFile, rm } from 'node:fs/promises';
import { SprueError } from '../core/errors.ts';
import { readJsonFile } from '../core/json-file.ts';
import { poll } from '../core/wait.ts';
import { containerNetns } from './containers.ts';
import { hostDir } from './lab-dir.ts';
import type { LabHost, LabPlan } from './lab-plan.ts';
import { removeAllNetns } from './namespaces.ts';
import { makeHost, unplug } from './network.ts';
import { killEverythingIn } from './processes-in.ts';
import { keptProcess, logFile, type Service, servicesOf } from './services.ts';

const READY_TIMEOUT_MS = 30_000;

/** Starts what runs on a host, unless it runs; waits until all of it serves. @throws SprueError `LAB_SERVICE_FAILED` */
export async function startServices(plan: LabPlan, host: LabHost): Promise<void> {
  const started = await Promise.all(
    servicesOf(plan, host).map(async service => {
      const kept = keptProcess(plan, host, service);
      if (await kept.adopt()) return { service, kept };
      if (service.readyFile !== undefined) await rm(service.readyFile, { force: true });
      await kept.start();
      return { service, kept };
    }),
  );
  await Promise.all(
    started.map(async ({ service, kept }) => {
      const answer = await poll(
        async () => {
          if (!kept.alive) return 'dead' as const;
          return (await isReady(service, kept.pid)) ? ('ready' as const) : undefined;
        },
        { intervalMs: 50, timeoutMs: READY_TIMEOUT_MS },
      );
      if (answer === 'ready') return;
      const reason = await lastLine(logFile(plan, host, service));
      const details = { service: service.name, host: host.name, reason };
      throw new SprueError('LAB_SERVICE_FAILED', details);
    }),
  );
}

async function lastLine(file: string): Promise<string> {
  const lines = (await readFile(file, 'utf8').catch(() => '')).trim().split('\n');
  return lines.at(-1) || 'it said nothing';
}

async function isReady({ readyFile }: Service, pid: number | undefined): Promise<boolean> {
  if (readyFile === undefined) return true;
  const ready = (await readJsonFile(readyFile).catch(() => undefined)) as
    | { pid?: unknown }
    | undefined;
  return ready?.pid === pid;
}

/**
 * As if the machine lost its power: every process on it and in its containers is gone at once, and with
 * them all that only its kernel knew. Its disk stays.
 */
export async function cutPower(plan: LabPlan, host: LabHost): Promise<void> {
  const containers = containerNetns(hostDir(plan.shape.name, host.name));
  await killEverythingIn([host.netns, ...containers]);
  await unplug(plan, host);
  await removeAllNetns([host.netns, ...containers]);
}

/** Power on: an empty kernel, the old disk. */
export async function restorePower(plan: LabPlan, host: LabHost): Promise<void> {
  await makeHost(plan, host);
  await startServices(plan, host);
}
