import { z } from 'zod';
import { runCli } from '../cli/program.ts';
import { SprueError } from '../core/errors.ts';
import type { HostNetwork } from '../hostnet/host-network.ts';
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
  hostnet: HostNetwork,
): Promise<{ network: InstanceNetwork; facts: RouteFacts }> {
  const network = await readNetwork(app);
  const attachment = (await hostnet.list()).find(({ veth }) => veth === network.veth);
  return { network, facts: await readRouteFacts(network, attachment?.netns) };
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
