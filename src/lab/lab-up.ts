import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { configureHosts } from './configure.ts';
import { claimLab, labDir, writeRecord } from './lab-dir.ts';
import { labDown } from './lab-down.ts';
import { type LabPlan, type LabShape, planLab } from './lab-plan.ts';
import { furnishHost, makeHost, makeSwitch } from './network.ts';
import { startServices } from './power.ts';
import { publishRouters } from './publish-routers.ts';

export type Step = (text: string) => void;

/**
 * Builds a lab and starts everything in it. What it began is removed when a step fails or the signal
 * aborts.
 * @throws SprueError `LAB_EXISTS`, `LAB_TOO_BIG`, `LAB_SERVICE_FAILED`
 */
export async function labUp(shape: LabShape, step: Step, signal: AbortSignal): Promise<LabPlan> {
  const plan = planLab(shape);
  await claimLab(shape);
  try {
    await build(plan, step, signal);
    await writeRecord({ ...shape, state: 'up' });
    return plan;
  } catch (thrown) {
    step('failed; taking down what there is');
    await labDown(shape.name).catch(() => {}); // what went wrong first is worth more
    throw thrown;
  }
}

async function build(plan: LabPlan, step: Step, signal: AbortSignal): Promise<void> {
  const { hosts, shape } = plan;
  step(`${hosts.length} hosts, their switch and their addresses`);
  await mkdir(join(labDir(shape.name), 'home'), { mode: 0o700 });
  await makeSwitch(plan);
  for (const host of hosts) {
    signal.throwIfAborted();
    await furnishHost(plan, host);
    await makeHost(plan, host);
  }
  const credentials = await configureHosts(plan);
  step('nats-server, controller, edge, routers and DEAs');
  await Promise.all(hosts.map(host => startServices(plan, host)));
  signal.throwIfAborted();
  step('a floating IP for each router');
  await publishRouters(plan, credentials, signal);
}
