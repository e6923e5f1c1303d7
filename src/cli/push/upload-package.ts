import { SprueError } from '../../core/errors.ts';
import { formatBytes } from '../../core/size.ts';
import type { Package } from '../../proto/v3/package.ts';
import type { Api } from '../api/api.ts';
import { pollPatiently } from '../poll-patiently.ts';
import { bar } from '../render/progress.ts';
import { uploadForm } from './multipart.ts';
import { made, type PushState, type PushStep, type PushTools } from './push-step.ts';
import { zipSource } from './zip-files.ts';

const READY_INTERVAL_MS = 100;
const READY_TIMEOUT_MS = 300_000;

/** Zips the files. */
export const zip: PushStep = async (state, { context, progress }) => {
  const { source } = state;
  const zip = await progress.step('zip', async () => {
    const value = await zipSource(source, context.signal);
    const size = formatBytes(value.sizeBytes);
    if (source.kind === 'archive') return { value, detail: `${size}, as it is` };
    const count = source.entries.filter(entry => entry.kind === 'file').length;
    return { value, detail: `${count} ${count === 1 ? 'file' : 'files'}, ${size}` };
  });
  return { ...state, zip };
};

/** Uploads the zip as a new package of the app, and waits until the platform has taken it in. */
export const upload: PushStep = async (state, tools) => {
  const packageGuid = await tools.progress.step('upload', async step => {
    const zip = made(state, 'zip');
    const { guid } = await tools.api.staging.createPackage(state.app.guid);
    const total = formatBytes(zip.sizeBytes);
    const form = uploadForm(zip, sentBytes => {
      step.update(`${bar(sentBytes, zip.sizeBytes)} ${formatBytes(sentBytes)} of ${total}`);
    });
    const { signal } = tools.context;
    const uploaded = await tools.api.staging.upload(guid, form.contentType, form.body, signal);
    await untilReady(tools.api, uploaded, state, tools);
    return { value: guid, detail: total };
  });
  return { ...state, packageGuid };
};

async function untilReady(
  api: Api,
  uploaded: Package,
  state: PushState,
  tools: PushTools,
): Promise<void> {
  const settled = await pollPatiently(
    async () => {
      const now = uploaded.state === 'READY' ? uploaded : await api.staging.package(uploaded.guid);
      return now.state === 'READY' || now.state === 'FAILED' ? now : undefined;
    },
    {
      intervalMs: READY_INTERVAL_MS,
      timeoutMs: READY_TIMEOUT_MS,
      signal: tools.context.signal,
    },
  );
  if (settled?.state === 'READY') return;
  const reason = settled?.data.error ?? 'the platform did not take in the upload in time';
  throw new SprueError('PUSH_PATH_INVALID', { path: state.push.sourcePath, reason });
}
