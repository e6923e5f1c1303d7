import { EXIT } from '../../core/error-table.ts';
import type {
  FloatingIpList,
  FloatingIpResource,
  FloatingIpState,
} from '../../proto/v3/floating-ip.ts';
import type { Invocation } from '../command-spec.ts';
import { routerName } from '../render/router-name.ts';
import type { Style } from '../render/style.ts';

export async function run({ context }: Invocation): Promise<number> {
  const { output } = context;
  const list = await (await context.api()).edges.floatingIps();
  if (output.json) {
    output.value(list);
    return EXIT.ok;
  }
  if (list.resources.length === 0) {
    output.note('No floating IP is allocated: `sprue floating-ip allocate`.');
  } else {
    output.table(
      [
        { title: 'ADDRESS' },
        { title: 'STATE' },
        { title: 'ROUTER' },
        { title: 'LEADS TO' },
        { title: 'EDGE' },
      ],
      list.resources.map(floatingIp => row(floatingIp, output.style)),
    );
  }
  for (const problem of new Set(list.resources.flatMap(one => one.problem ?? []))) {
    output.note(problem);
  }
  output.note(poolsLine(list));
  return EXIT.ok;
}

const WORDS: Readonly<Record<FloatingIpState, string>> = {
  serving: 'serving',
  moved: 'moved',
  unassociated: 'unassociated',
  'no-router': 'no healthy router',
  'no-edge': 'no edge',
};

function row({ address, state, router, serving }: FloatingIpResource, style: Style): string[] {
  const paint = state === 'serving' ? style.good : state === 'unassociated' ? style.dim : style.bad;
  const where = serving ? routerName(serving.router) : '';
  return [
    address,
    paint(WORDS[state]),
    router ? routerName(router) : '',
    where,
    serving?.edge ?? '',
  ];
}

function poolsLine({ pools }: FloatingIpList): string {
  if (pools.length === 0) return 'There is no edge with floating IPs.';
  const texts = pools.map(
    ({ edge, network, size, allocated }) =>
      `${network} on ${edge}: ${allocated} of ${size} allocated`,
  );
  return `Pool ${texts.join('; ')}.`;
}
