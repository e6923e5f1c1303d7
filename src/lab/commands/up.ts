import type { Invocation } from '../../cli/command-spec.ts';
import { EXIT } from '../../core/error-table.ts';
import { requireRoot } from '../../roles/require-root.ts';
import { DEFAULT_LAB_DOMAIN } from '../lab-plan.ts';
import { labUp } from '../lab-up.ts';
import { labName } from './open.ts';
import { showStatus } from './status.ts';

const DEFAULT_ROUTERS = 2;
const DEFAULT_DEAS = 3;

export async function run(invocation: Invocation): Promise<number> {
  requireRoot();
  const { options, context } = invocation;
  const shape = {
    name: labName(invocation),
    routers: options.integer('routers', 1) ?? DEFAULT_ROUTERS,
    deas: options.integer('deas', 1) ?? DEFAULT_DEAS,
    domain: options.text('domain') ?? DEFAULT_LAB_DOMAIN,
  };
  const startedMs = performance.now();
  const seconds = () => ((performance.now() - startedMs) / 1_000).toFixed(1);
  const step = (text: string) => context.output.note(`${seconds().padStart(5)} s  ${text}`);
  const plan = await labUp(shape, step, context.signal);
  step('up');
  await showStatus(plan, context.output);
  const name = options.text('name') === undefined ? '' : ` --name ${shape.name}`;
  context.output.note(
    `\nNext: sprue lab exec client${name} -- sprue push NAME -p DIRECTORY, and in the end: sprue lab down${name}`,
  );
  return EXIT.ok;
}
