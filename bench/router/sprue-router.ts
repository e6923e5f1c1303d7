import { join } from 'node:path';
import { silentLog } from '../../src/core/log.ts';
import { BufferedAccessLog } from '../../src/router/access-log/access-log.ts';
import { RouteTable } from '../../src/router/table/route-table.ts';
import { ProxyServer } from '../../src/router/wire/proxy-server.ts';
import { registryMessage } from '../../test/kit/registry-message.ts';

/** One router without NATS: what the other proxies are, too. */
const plan = JSON.parse(process.argv[2] ?? '');
const table = new RouteTable();
table.register(
  registryMessage({
    host: '127.0.0.1',
    port: plan.originPort,
    uris: [plan.appHost],
    appGuid: plan.appGuid,
    instanceId: plan.instanceId,
    instanceIndex: '0',
  }),
  Date.now(),
);
const accessLog = new BufferedAccessLog(
  { file: join(plan.folder, 'sprue.log'), toStdout: false },
  { hideForwardedFor: false, hideSourceIp: false, redactQuery: 'none' },
);
const proxy = new ProxyServer({ table, log: silentLog, accessLog });
await proxy.listen({ host: '127.0.0.1', port: plan.port, reusePort: true });
// Ends in the orderly way that --cpu-prof needs to write its file.
process.once('SIGTERM', () => process.exit(0));
