import type { CommandSpec, Invocation, OptionSpec } from '../cli/command-spec.ts';
import { TRACE_COMMAND } from '../cli/surface/trace-command.ts';

const FROM: OptionSpec = {
  flags: '--from <place>',
  description: 'send it from a host of the lab, or from inside an app’s container: shop, shop/1',
};
const LAB: OptionSpec = { flags: '--lab <name>', description: 'which lab (default lab)' };

/** `sprue trace` with a place to send from: with `--from` it runs there, as `sprue lab exec` would. */
export const LAB_TRACE_COMMAND: CommandSpec = {
  ...TRACE_COMMAND,
  options: [...(TRACE_COMMAND.options ?? []), FROM, LAB],
  examples: [
    ...(TRACE_COMMAND.examples ?? []),
    'sprue trace shop.example.com --from client',
    'sprue trace shop.example.com --from cart/0',
  ],
  details: `${TRACE_COMMAND.details} With --from it needs root.`,
  load: () => import('./commands/trace.ts'),
};

/** The words of `sprue trace` that say the same again, without where to send from. */
export function traceWords({ args, options, context }: Invocation): readonly string[] {
  const words = (TRACE_COMMAND.options ?? []).flatMap(({ flags }) => {
    const [, long = ''] = /--([\w-]+)/.exec(flags) ?? [];
    const name = long.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    if (!flags.includes('<')) return options.flag(name) ? [`--${long}`] : [];
    const text = options.text(name);
    const values = text === undefined ? options.list(name) : [text];
    return values.map(value => `--${long}=${value}`);
  });
  const own = [
    ...(context.output.json ? ['--json'] : []),
    ...(context.debug ? ['--debug'] : []),
    ...(options.negated('color') ? ['--no-color'] : []),
  ];
  return ['trace', ...words, ...own, '--', ...args.filter(word => word !== undefined)];
}
