import { SprueError } from '../core/errors.ts';
import type { LogLevel } from '../core/log.ts';
import { createLog } from '../core/process-log.ts';
import { poll } from '../core/wait.ts';
import { type Credentials, loadCredentials } from '../roles/credentials.ts';
import { EndSignal } from '../roles/end-signal.ts';
import { installRoot } from '../roles/launcher.ts';
import { takeProcessLock } from '../roles/process-lock.ts';
import { targetLocalUser } from './cli-target.ts';
import { probeHttp } from './http-probe.ts';
import { Platform } from './platform.ts';
import { recordPlatform, requireOwnFolder } from './platform-record.ts';
import { preflight } from './preflight/preflight.ts';
import type { Report } from './report.ts';
import { makeStateDir, stateDir } from './state-dir.ts';
import type { UpOptions } from './up-options.ts';
import { apiHost, httpUrl } from './urls.ts';

export interface UpContext {
  readonly report: Report;
  readonly logLevel: LogLevel;
}

/** A platform that is up and answers. */
export interface RunningPlatform {
  readonly apiUrl: string;
  readonly credentials: Credentials;
  /** Ends controller and DEA; router, nats-server and apps go on. */
  leave(): Promise<void>;
}

const API_TIMEOUT_MS = 20_000;

/**
 * Checks the machine, then brings the platform up and points the user's command line at it.
 * @throws SprueError `PREFLIGHT_FAILED` before anything was changed; `PLATFORM_RUNNING`;
 *   `API_NOT_REACHED` when it is up but does not answer.
 */
export async function bringUp(
  options: UpOptions,
  { report, logLevel }: UpContext,
): Promise<RunningPlatform> {
  const dir = stateDir(options.stateDir);
  await requireOwnFolder(dir);
  await requireReadyMachine(options, report);

  await makeStateDir(dir);
  await using starting = new AsyncDisposableStack();
  starting.use(await takeProcessLock(dir.upFile, { code: 'PLATFORM_RUNNING' }));
  const record = await recordPlatform(dir, options);
  const credentials = await loadCredentials(dir.credentialsFile);
  const log = createLog('up', logLevel);
  const platform = await Platform.start({ dir, record, credentials, log, report });
  starting.defer(() => platform.leave());

  const apiUrl = httpUrl(apiHost(record.domain), record.httpPort);
  await requireApi(record.domain, record.httpPort, apiUrl);
  await targetLocalUser(apiUrl, credentials);
  const running = starting.move();
  return { apiUrl, credentials, leave: () => running.disposeAsync() };
}

/** `sprue up`: brings the platform up and keeps it up until SIGINT or SIGTERM. */
export async function up(options: UpOptions, context: UpContext): Promise<void> {
  using end = new EndSignal();
  const platform = await bringUp(options, context);
  if (!end.signal.aborted) {
    context.report.step('up');
    process.stdout.write(upText(options, platform.apiUrl));
  }
  await end.wait();
  context.report.step('stopping controller and DEA; apps and router go on until `sprue down`');
  await platform.leave();
}

export function upText({ domain, httpPort, stateDir: root }: UpOptions, apiUrl: string): string {
  return `
Sprue is up.
  apps      ${httpUrl(`<name>.${domain}`, httpPort)}
  API       ${apiUrl}   user admin, password in ${stateDir(root).credentialsFile}
  on PATH   export PATH="${installRoot}/bin:$PATH"
  next      sprue push NAME -p DIRECTORY

`;
}

async function requireReadyMachine(options: UpOptions, report: Report): Promise<void> {
  const failed: string[] = [];
  await preflight(options, named => {
    report.check(named);
    if (named.result.status === 'fail') failed.push(named.name);
  });
  if (failed.includes('root')) throw new SprueError('NOT_ROOT');
  if (failed.length > 0) throw new SprueError('PREFLIGHT_FAILED', { failed: failed.join(', ') });
}

async function requireApi(domain: string, port: number, url: string): Promise<void> {
  const answered = await poll(
    async () =>
      (await probeHttp({ port, host: apiHost(domain) }))?.status === 200 ? true : undefined,
    { intervalMs: 50, timeoutMs: API_TIMEOUT_MS },
  );
  if (!answered) throw new SprueError('API_NOT_REACHED', { url });
}
