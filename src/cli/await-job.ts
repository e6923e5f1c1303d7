import { SprueError } from '../core/errors.ts';
import type { Api } from './api/api.ts';
import { pollPatiently } from './poll-patiently.ts';

const INTERVAL_MS = 150;
const TIMEOUT_MS = 300_000;

/** Waits for an asynchronous change. @throws SprueError `JOB_FAILED` with the job's own words */
export async function awaitJob(
  api: Api,
  path: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (path === undefined) return;
  const job = await pollPatiently(
    async () => {
      const job = await api.staging.job(path);
      return job.state === 'COMPLETE' || job.state === 'FAILED' ? job : undefined;
    },
    { intervalMs: INTERVAL_MS, timeoutMs: TIMEOUT_MS, signal },
  );
  if (job?.state === 'COMPLETE') return;
  const detail =
    job?.errors.map(error => error.detail).join('\n') || 'The job did not end in time.';
  throw new SprueError('JOB_FAILED', { detail });
}
