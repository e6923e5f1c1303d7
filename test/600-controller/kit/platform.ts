import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bus } from '../../../src/bus/bus.ts';
import { hashPassword } from '../../../src/controller/auth/password.ts';
import { Controller, type ControllerOptions } from '../../../src/controller/controller.ts';
import { silentLog } from '../../../src/core/log.ts';
import { type NatsServer, startNatsServer } from '../../kit/nats-server.ts';
import { ApiClient } from './api-client.ts';
import { FakeDea, type FakeDeaOptions } from './fake-dea.ts';
import { appZip } from './zip.ts';

export const PASSWORD = 'correct horse';

export interface TestPlatform extends AsyncDisposable {
  readonly nats: NatsServer;
  readonly bus: Bus;
  readonly dea: FakeDea;
  readonly api: ApiClient;
  readonly spaceGuid: string;
  readonly domainGuid: string;
  /** Stops the controller and starts another on the same state. */
  restartController(): Promise<void>;
  /** Files of uploads in progress. */
  uploads(): Promise<string[]>;
}

/** A real NATS server, a real controller, and a DEA that only talks. */
export async function startPlatform(
  options: FakeDeaOptions & Partial<ControllerOptions> & { onBus?: (bus: Bus) => void } = {},
): Promise<TestPlatform> {
  await using stack = new AsyncDisposableStack();
  const nats = stack.use(await startNatsServer());
  const bus = stack.use(await Bus.connect({ servers: [nats.url], name: 'test', log: silentLog }));
  options.onBus?.(bus);
  const stateDir = await mkdtemp(join(tmpdir(), 'sprue-controller-'));
  stack.defer(() => rm(stateDir, { recursive: true, force: true }));
  const dea = await FakeDea.start(bus, options);
  stack.defer(() => dea.stop());
  const start = async () =>
    Controller.start({
      bus,
      domain: 'example.test',
      httpPort: 80,
      listenHost: '127.0.0.1',
      listenPort: 0,
      credentials: {
        adminUser: 'admin',
        adminPasswordHash: await hashPassword(PASSWORD),
        tokenKey: 'a key for tests',
      },
      stateDir,
      log: silentLog,
      ...options,
    });
  let controller = await start();
  stack.defer(() => controller.stop());
  const platform = { api: new ApiClient(controller.apiPort) };
  await platform.api.logIn('admin', PASSWORD);
  const spaceGuid = (await platform.api.get('/v3/spaces')).body.resources[0].guid;
  const domainGuid = (await platform.api.get('/v3/domains')).body.resources[0].guid;
  const owned = stack.move();
  return {
    nats,
    bus,
    dea,
    get api() {
      return platform.api;
    },
    spaceGuid,
    domainGuid,
    async restartController() {
      await controller.stop();
      controller = await start();
      const { token } = platform.api;
      platform.api = new ApiClient(controller.apiPort);
      platform.api.token = token;
    },
    uploads: () => readdir(join(stateDir, 'uploads')),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Everything up to a staged droplet. */
export async function stageApp(
  { api, spaceGuid }: TestPlatform,
  manifest: string,
  name: string,
): Promise<{ readonly appGuid: string; readonly dropletGuid: string }> {
  const applied = await api.applyManifest(spaceGuid, manifest);
  assert.equal(applied.status, 202, JSON.stringify(applied.body));
  const [app] = (await api.get(`/v3/apps?names=${name}`)).body.resources;
  const created = await api.post('/v3/packages', {
    type: 'bits',
    relationships: { app: { data: { guid: app.guid } } },
  });
  const uploaded = await api.upload(created.body.guid, await appZip());
  assert.equal(uploaded.body.state, 'READY', JSON.stringify(uploaded.body));
  const build = await api.post('/v3/builds', { package: { guid: created.body.guid } });
  assert.equal(build.status, 201, JSON.stringify(build.body));
  const staged = await api.until(`/v3/builds/${build.body.guid}`, one => one.state !== 'STAGING');
  assert.equal(staged.state, 'STAGED', JSON.stringify(staged));
  return { appGuid: app.guid, dropletGuid: staged.droplet.guid };
}

/** A first push: staged, mapped, started, all instances running. */
export async function pushApp(
  platform: TestPlatform,
  manifest = 'applications: [{name: shop, default-route: true}]',
  name = 'shop',
): Promise<{ readonly appGuid: string; readonly dropletGuid: string }> {
  const { api } = platform;
  const pushed = await stageApp(platform, manifest, name);
  const path = `/v3/apps/${pushed.appGuid}`;
  await api.patch(`${path}/relationships/current_droplet`, { data: { guid: pushed.dropletGuid } });
  const started = await api.post(`${path}/actions/start`);
  assert.equal(started.status, 200, JSON.stringify(started.body));
  await untilRunning(platform, pushed.appGuid);
  return pushed;
}

// biome-ignore lint/suspicious/noExplicitAny: stats as they come
export function untilRunning({ api }: TestPlatform, appGuid: string): Promise<any> {
  return api.until(
    `/v3/apps/${appGuid}/processes/web/stats`,
    stats =>
      stats.resources.length > 0 &&
      stats.resources.every((one: { state: string }) => one.state === 'RUNNING'),
  );
}

/** Stages the app again and deploys the result. */
export async function redeploy(
  platform: TestPlatform,
  manifest = 'applications: [{name: shop}]',
  name = 'shop',
): Promise<{ readonly deploymentGuid: string; readonly dropletGuid: string }> {
  const { appGuid, dropletGuid } = await stageApp(platform, manifest, name);
  const deployment = await platform.api.post('/v3/deployments', {
    droplet: { guid: dropletGuid },
    relationships: { app: { data: { guid: appGuid } } },
  });
  assert.equal(deployment.status, 201, JSON.stringify(deployment.body));
  return { deploymentGuid: deployment.body.guid, dropletGuid };
}

// biome-ignore lint/suspicious/noExplicitAny: a deployment as it comes
export function untilFinal({ api }: TestPlatform, deploymentGuid: string): Promise<any> {
  return api.until(
    `/v3/deployments/${deploymentGuid}`,
    deployment => deployment.status.value === 'FINALIZED',
  );
}
