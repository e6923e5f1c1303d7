import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { memoryCapacityMib } from '../roles/container-defaults.ts';
import { type Credentials, loadCredentials, secret } from '../roles/credentials.ts';
import { formatNatsConfig, type NatsUser } from '../roles/nats-config.ts';
import { type NatsRole, natsUserName } from '../roles/nats-permissions.ts';
import { routerConfig } from '../roles/router-process.ts';
import { hostDir } from './lab-dir.ts';
import { addressOf, LAB_NET, type LabHost, type LabPlan } from './lab-plan.ts';

/** Writes the configuration files of all roles, as an administrator would on each machine. */
export async function configureHosts(plan: LabPlan): Promise<Credentials> {
  const users = new Map<string, NatsUser>();
  const userOf = (role: NatsRole): NatsUser => {
    const name = natsUserName(role);
    const user = users.get(name) ?? { role, password: secret() };
    users.set(name, user);
    return user;
  };
  for (const host of plan.hosts) await configureHost(plan, host, userOf);
  await writeNatsConfig(plan, [...users.values()]);
  const control = hostDir(plan.shape.name, 'control');
  return loadCredentials(join(control, 'credentials.json'));
}

type UserOf = (role: NatsRole) => NatsUser;

async function configureHost(plan: LabPlan, host: LabHost, userOf: UserOf): Promise<void> {
  const dir = hostDir(plan.shape.name, host.name);
  switch (host.kind) {
    case 'client':
      return;
    case 'edge':
      return write(dir, 'edge.yml', {
        ...common(dir, userOf({ role: 'edge' })),
        id: host.name,
        domains: [plan.shape.domain],
        dns: { addresses: [LAB_NET.edgeOutside, LAB_NET.edgeInside] },
        floating: {
          pool: [LAB_NET.floatingPool],
          outside_address: LAB_NET.edgeOutside,
          inside_address: LAB_NET.edgeInside,
          ports: [LAB_NET.httpPort],
        },
      });
    case 'control':
      return write(dir, 'controller.yml', {
        ...common(dir, userOf({ role: 'controller' })),
        domain: plan.shape.domain,
        http_port: LAB_NET.httpPort,
        address: addressOf(host),
      });
    case 'router':
      return writeRouter(dir, userOf({ role: 'router' }));
    case 'dea':
      return write(dir, 'dea.yml', {
        ...common(dir, userOf({ role: 'dea', deaId: host.name })),
        id: host.name,
        address: addressOf(host),
        memory: `${Math.floor(memoryCapacityMib() / plan.shape.deas)}M`,
        nameservers: [LAB_NET.edgeInside],
      });
    default:
      return host.kind satisfies never;
  }
}

function common(dir: string, { role, password }: NatsUser) {
  return {
    nats: {
      servers: [`${LAB_NET.control}:${LAB_NET.natsPort}`],
      user: natsUserName(role),
      password,
    },
    state_dir: dir,
    log_level: 'info',
    ready_file: join(dir, 'ready.json'),
  };
}

async function writeRouter(dir: string, { password }: NatsUser): Promise<void> {
  const text = routerConfig({
    dir,
    httpPort: LAB_NET.httpPort,
    natsHost: LAB_NET.control,
    natsPort: LAB_NET.natsPort,
    natsPassword: password,
    statusPassword: secret(),
    version: '',
  });
  await writeFile(join(dir, 'router.yml'), text, { mode: 0o600 });
}

async function writeNatsConfig(plan: LabPlan, users: readonly NatsUser[]): Promise<void> {
  const dir = join(hostDir(plan.shape.name, 'control'), 'nats');
  await mkdir(dir, { mode: 0o700 });
  const text = formatNatsConfig({ dir, host: LAB_NET.control, port: LAB_NET.natsPort, users });
  await writeFile(join(dir, 'nats-server.conf'), text, { mode: 0o600 });
}

async function write(dir: string, name: string, settings: object): Promise<void> {
  await writeFile(join(dir, name), stringify(settings), { mode: 0o600 });
}
