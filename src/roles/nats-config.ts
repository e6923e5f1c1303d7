import { join } from 'node:path';
import { type NatsRole, natsPermissions, natsUserName } from './nats-permissions.ts';

/** A user of nats-server. */
export interface NatsUser {
  readonly role: NatsRole;
  readonly password: string;
}

export interface NatsConfig {
  /** Folder for JetStream's data. */
  readonly dir: string;
  /** Address that is listened on. */
  readonly host: string;
  readonly port: number;
  readonly users: readonly NatsUser[];
}

/** nats-server's configuration file: JetStream on disk, one user per role with only what it needs. */
export function formatNatsConfig({ dir, host, port, users }: NatsConfig): string {
  return `server_name: sprue
listen: ${host}:${port}
max_payload: 1MB
write_deadline: "10s"
ping_interval: "20s"
jetstream {
  store_dir: ${JSON.stringify(join(dir, 'data'))}
  max_memory_store: 16MB
  max_file_store: 20GB
}
authorization {
  users = [
${users.map(formatUser).join('\n')}
  ]
}
`;
}

function formatUser({ role, password }: NatsUser): string {
  const { publish, subscribe } = natsPermissions(role);
  return `    {
      user: ${JSON.stringify(natsUserName(role))}
      password: ${JSON.stringify(password)}
      permissions: {
        publish: ${JSON.stringify(publish)}
        subscribe: ${JSON.stringify(subscribe)}
        allow_responses: true
      }
    }`;
}
