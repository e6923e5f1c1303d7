import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { loadAppSummary } from '../cli/app-summary.ts';
import type { CliContext } from '../cli/context.ts';
import { findApp } from '../cli/find-app.ts';
import { remotePlace } from '../cli/trace/remote-place.ts';
import type { SendingPlace } from '../cli/trace/sending-place.ts';
import { SprueError } from '../core/errors.ts';
import { Companion } from '../exec/companion.ts';
import { launcher } from '../roles/launcher.ts';

export interface InstancePlace extends AsyncDisposable {
  readonly place: SendingPlace;
}

/**
 * An instance's network as a place to send from: `shop`, or `shop/1`. It must run on this machine.
 * @throws SprueError `NO_SUCH`, `INSTANCE_ELSEWHERE`
 */
export async function openInstance(context: CliContext, text: string): Promise<InstancePlace> {
  const { netns, name, host } = await findInstance(context, text);
  const argv = ['nsenter', `--net=/run/netns/${netns}`, '--', launcher(), 'trace-leg'] as const;
  const companion = new Companion([...argv], { env: context.env });
  const about = { name, containerOn: host };
  const place = remotePlace(about, (line, signal) => companion.ask(line, signal));
  const etc = etcInside(netns);
  return {
    place: {
      ...place,
      resolve: (host, options) => place.resolve(host, { ...(etc && { etc }), ...options }),
    },
    [Symbol.asyncDispose]: () => companion[Symbol.asyncDispose](),
  };
}

async function findInstance(context: CliContext, text: string) {
  const [, appName = '', index] = /^(.*?)(?:\/(\d{1,5}))?$/.exec(text) ?? [];
  const app = await findApp(context, appName);
  const { processes } = await loadAppSummary(context, app.guid);
  const running = processes
    .filter(({ process }) => process.type === 'web')
    .flatMap(({ instances }) => instances)
    .filter(one => index === undefined || one.index === Number(index));
  for (const one of running) {
    const network = one.sprue?.network;
    const netns = network ? netnsOf(network.veth) : undefined;
    if (network && netns !== undefined) {
      return { netns, name: `${appName}/${one.index}`, host: network.host };
    }
  }
  throw new SprueError('INSTANCE_ELSEWHERE', { instance: text });
}

/** A container's namespace ends in the same eight hex digits as its veth. */
function netnsOf(veth: string): string | undefined {
  const ending = `-${veth.slice(2)}`;
  return names('/run/netns').find(name => name.startsWith('sprue-') && name.endsWith(ending));
}

/** The `/etc` that processes of the namespace see. */
function etcInside(netns: string): string | undefined {
  const { ino } = statSync(`/run/netns/${netns}`);
  const pid = names('/proc').find(name => /^\d+$/.test(name) && netOf(name) === `net:[${ino}]`);
  return pid === undefined ? undefined : `/proc/${pid}/root/etc`;
}

function netOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined; // ended meanwhile
  }
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // no container was ever made
  }
}
