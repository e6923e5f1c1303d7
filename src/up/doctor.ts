import { findRecordedProcess } from '../roles/kept-process.ts';
import { natsRecordFile } from '../roles/nats-server.ts';
import { findLockHolder } from '../roles/process-lock.ts';
import { routerRecordFile } from '../roles/router-process.ts';
import { probeHttp } from './http-probe.ts';
import { type PlatformRecord, readPlatformRecord } from './platform-record.ts';
import { type Check, fail, ok } from './preflight/check.ts';
import { type NamedResult, preflight, runCheck } from './preflight/preflight.ts';
import { type StateDir, stateDir } from './state-dir.ts';
import type { UpOptions } from './up-options.ts';
import { apiHost, httpUrl } from './urls.ts';

/** Every check of the machine and, when there is a platform in the state directory, of that. Changes nothing. */
export async function diagnose(
  options: UpOptions,
  report: (named: NamedResult) => void,
): Promise<NamedResult[]> {
  const results: NamedResult[] = [];
  const note = (named: NamedResult) => {
    results.push(named);
    report(named);
  };
  const dir = stateDir(options.stateDir);
  const record = await readPlatformRecord(dir);
  const effective =
    record === undefined
      ? options
      : { ...options, domain: record.domain, httpPort: record.httpPort };
  await preflight(effective as UpOptions, note);
  if (record === undefined) return results;
  for (const check of platformChecks(dir, record)) note(await runCheck(check, options));
  return results;
}

function platformChecks(dir: StateDir, record: PlatformRecord): Check[] {
  const restart = 'Start it again: `sprue up`.';
  const apiUrl = httpUrl(apiHost(record.domain), record.httpPort);
  return [
    {
      name: 'sprue up',
      async run() {
        const running = await findLockHolder(dir.upFile);
        return running
          ? ok(`runs (pid ${running.pid})`)
          : fail('does not run: no API, no health checks', restart);
      },
    },
    {
      name: 'nats-server',
      async run() {
        const running = await findRecordedProcess(natsRecordFile(dir.nats));
        return running
          ? ok(`runs (pid ${running.pid}) on 127.0.0.1:${record.natsPort}`)
          : fail('does not run', restart);
      },
    },
    {
      name: 'router',
      async run() {
        const running = await findRecordedProcess(routerRecordFile(dir.router));
        return running
          ? ok(`runs (pid ${running.pid}) on port ${record.httpPort}`)
          : fail('does not run', restart);
      },
    },
    {
      name: 'API',
      async run() {
        const answer = await probeHttp({ port: record.httpPort, host: apiHost(record.domain) });
        if (answer?.status === 200) return ok(`answers at ${apiUrl}`);
        const found = answer === undefined ? 'no answer' : `status ${answer.status}`;
        return fail(
          `${found} at ${apiUrl}`,
          `If \`sprue up\` runs, \`sprue up --verbose\` and ${dir.router}/router.log say more; else start it.`,
        );
      },
    },
  ];
}
