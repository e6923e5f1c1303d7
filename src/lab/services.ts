import { join } from 'node:path';
import { which } from '../exec/which.ts';
import { KeptProcess, type KeptProcessOptions } from '../roles/kept-process.ts';
import { launcher } from '../roles/launcher.ts';
import { asService } from './inside.ts';
import { hostDir } from './lab-dir.ts';
import type { LabHost, LabPlan } from './lab-plan.ts';

/** A process of a role on a host. */
export interface Service {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  /** Written with the process's pid once it serves; without it nobody waits. */
  readonly readyFile?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What runs on a host; a function of the lab's plan, so that a host can be started again. */
export function servicesOf(plan: LabPlan, host: LabHost): readonly Service[] {
  const dir = hostDir(plan.shape.name, host.name);
  const readyFile = join(dir, 'ready.json');
  const role = (name: string, ...args: string[]): Service => ({
    name,
    argv: [launcher(), name, ...args],
    readyFile,
  });
  switch (host.kind) {
    case 'client':
      return [];
    case 'edge':
      return [role('edge', '--config', join(dir, 'edge.yml'))];
    case 'control':
      return [natsServer(dir), role('controller', '--config', join(dir, 'controller.yml'))];
    case 'router':
      return [role('router', '--config', join(dir, 'router.yml'))];
    case 'dea':
      return [role('dea', '--config', join(dir, 'dea.yml'))];
    default:
      return host.kind satisfies never;
  }
}

function natsServer(dir: string): Service {
  return {
    name: 'nats-server',
    argv: [
      which('nats-server') ?? 'nats-server',
      '--config',
      join(dir, 'nats', 'nats-server.conf'),
    ],
    env: { GOMEMLIMIT: '64MiB', GOGC: '50' },
  };
}

export function recordFile(plan: LabPlan, host: LabHost, service: Service): string {
  return join(hostDir(plan.shape.name, host.name), `${service.name}.pid.json`);
}

export function logFile(plan: LabPlan, host: LabHost, service: Service): string {
  return join(hostDir(plan.shape.name, host.name), `${service.name}.log`);
}

export function keptProcess(plan: LabPlan, host: LabHost, service: Service): KeptProcess {
  const options: KeptProcessOptions = {
    argv: asService(plan, host, service.argv),
    recordFile: recordFile(plan, host, service),
    logFile: logFile(plan, host, service),
    fingerprint: service.argv.join(' '),
    ...(service.env && { env: service.env }),
  };
  return new KeptProcess(options);
}
