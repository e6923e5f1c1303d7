import { suggestion } from '../core/did-you-mean.ts';
import { SprueError } from '../core/errors.ts';
import type { LabHost, LabPlan } from './lab-plan.ts';

/** @throws SprueError `LAB_NO_HOST` */
export function findHost({ hosts, shape }: LabPlan, name: string): LabHost {
  const host = hosts.find(one => one.name === name);
  if (host !== undefined) return host;
  const names = hosts.map(one => one.name);
  throw new SprueError('LAB_NO_HOST', {
    name: shape.name,
    host: name,
    suggestion: suggestion(name, names),
    hosts: names.join(', '),
  });
}
