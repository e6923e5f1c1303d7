import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../cli/program.ts';
import { hasCode, SprueError } from '../core/errors.ts';
import type { LogLevel } from '../core/log.ts';
import { EndSignal } from '../roles/end-signal.ts';
import { installRoot } from '../roles/launcher.ts';
import { down } from './down.ts';
import { probeHttp } from './http-probe.ts';
import type { Report } from './report.ts';
import { bringUp, upText } from './up.ts';
import { DEFAULT_STATE_DIR, type UpOptions } from './up-options.ts';
import { httpUrl } from './urls.ts';

export interface QuickstartOptions {
  /** Take everything down again at the end. */
  readonly once: boolean;
  readonly optionsFor: (stateDir: string) => UpOptions;
  readonly report: Report;
  readonly logLevel: LogLevel;
}

const APP = 'hello-node';

/**
 * A newcomer's first minute: the platform comes up, an example is pushed, its URL, its answer and every
 * hop of one request are printed. Then it stays up until Ctrl-C, or ends with `once`.
 * With `once` it uses a state directory and a CLI configuration of its own and removes both.
 */
export async function quickstart({
  once: onlyOnce,
  optionsFor,
  report,
  logLevel,
}: QuickstartOptions): Promise<void> {
  const options = optionsFor(
    onlyOnce ? await mkdtemp(join(tmpdir(), 'sprue-once-')) : DEFAULT_STATE_DIR,
  );
  if (onlyOnce) process.env['SPRUE_HOME'] = join(options.stateDir, 'cli');
  using end = new EndSignal();
  await using cleanup = new AsyncDisposableStack();
  if (onlyOnce) cleanup.defer(() => rm(options.stateDir, { recursive: true, force: true }));
  const takeDown = () => takeItDown(options, onlyOnce, report);
  const platform = await bringUp(options, { report, logLevel }).catch(async (thrown: unknown) => {
    if (!LEFT_ALONE.some(code => hasCode(thrown, code))) await takeDown();
    throw thrown;
  });
  cleanup.defer(takeDown);
  cleanup.defer(() => platform.leave());
  await pushExample(report, end.signal);
  await showExample(options, end.signal);
  if (onlyOnce) return;
  process.stdout.write(upText(options, platform.apiUrl));
  report.step('up; Ctrl-C takes it down');
  await end.wait();
}

/** Failures before anything was brought up; what runs then is somebody else's. */
const LEFT_ALONE = ['NOT_ROOT', 'PREFLIGHT_FAILED', 'PLATFORM_RUNNING', 'NOT_A_STATE_DIR'] as const;

/** With `once` all of it; else only what runs, so that the next start is quick. */
async function takeItDown(options: UpOptions, purge: boolean, report: Report): Promise<void> {
  await down({ stateDir: options.stateDir, purge, report });
  report.step(purge ? 'everything is gone' : 'down; `npm start` or `sprue up` brings it back');
}

async function pushExample(report: Report, signal: AbortSignal): Promise<void> {
  report.step(`pushing examples/${APP}`);
  const folder = join(installRoot, 'examples', APP);
  const exitCode = await runCli(['push', APP, '-p', folder], { signal });
  if (signal.aborted) throw new SprueError('INTERRUPTED', { goesOn: '' });
  if (exitCode !== 0) throw new SprueError('EXAMPLE_NOT_PUSHED', { app: APP });
}

/** What a browser would get, then where one more request went on its way. */
async function showExample({ domain, httpPort }: UpOptions, signal: AbortSignal): Promise<void> {
  const host = `${APP}.${domain}`;
  const url = httpUrl(host, httpPort);
  const answer = await probeHttp({ port: httpPort, host });
  if (answer?.status !== 200) {
    throw new SprueError('EXAMPLE_NOT_SERVED', { url, status: answer?.status ?? 'none' });
  }
  const body = answer.body.trim().replaceAll('\n', '\n  ');
  process.stdout.write(`\n${url}\n  HTTP ${answer.status}\n  ${body}\n\n$ sprue trace ${host}\n`);
  const exitCode = await runCli(['trace', url], { signal });
  process.stdout.write('\n');
  if (exitCode !== 0) throw new SprueError('EXAMPLE_NOT_SERVED', { url, status: 'not traced' });
}
