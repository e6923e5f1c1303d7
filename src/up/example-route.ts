import { z } from 'zod';
import { runCli } from '../cli/program.ts';
import { SprueError } from '../core/errors.ts';
import { run } from '../exec/run.ts';
import { type InstanceNetwork, type RouteFacts, readRouteFacts } from './route-facts.ts';

const appSchema = z.object({
  processes: z.array(
    z.object({
      instances: z.array(
        z.object({
          network: z
            .object({
              host: z.string(),
              host_port: z.number(),
              container_ip: z.string(),
              container_port: z.number(),
              veth: z.string(),
            })
            .nullable(),
        }),
      ),
    }),
  ),
});

/** Where the API says that an app's first instance is, and what the kernel says of that. */
export async function readExampleRoute(
  app: string,
): Promise<{ network: InstanceNetwork; facts: RouteFacts }> {
  const network = await readNetwork(app);
  return { network, facts: await readRouteFacts(network, await netnsBehind(network.veth)) };
}

async function readNetwork(app: string): Promise<InstanceNetwork> {
  let json = '';
  const stdout = {
    write: (text: string) => {
      json += text;
    },
  };
  await runCli(['app', app, '--json'], { stdout });
  const { processes } = appSchema.parse(JSON.parse(json));
  const network = processes
    .flatMap(({ instances }) => instances)
    .find(instance => instance.network)?.network;
  if (!network) throw new SprueError('EXAMPLE_NOT_SERVED', { url: app, status: 'no instance' });
  return {
    host: network.host,
    hostPort: network.host_port,
    containerIp: network.container_ip,
    containerPort: network.container_port,
    veth: network.veth,
  };
}

const linkSchema = z.tuple([z.object({ link_netns: z.string() })]);

/** Name of the namespace that holds the other end of a pair. */
async function netnsBehind(veth: string): Promise<string> {
  const { stdout } = await run(['ip', '-j', 'link', 'show', 'dev', veth]);
  return linkSchema.parse(JSON.parse(stdout))[0].link_netns;
}
