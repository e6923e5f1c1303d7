/**
 * Writes `docs/path-of-a-request.md`: brings a lab up, follows one request through it, and shows what
 * the machines on its way say. With `--check` it writes nothing and tells how the page differs.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LabHosts } from './tour/lab-host.ts';
import { renderPage } from './tour/page.ts';
import { differences } from './tour/same-page.ts';
import { visitLab } from './tour/visit.ts';

export const TOUR_PAGE = join(import.meta.dirname, '..', 'docs', 'path-of-a-request.md');

/** The page, from a lab of its own name that is gone afterwards, come what may. */
async function renderInOwnLab(): Promise<string> {
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const lab = new LabHosts(`tour${randomBytes(4).toString('hex')}`, interrupt);
  try {
    await lab.up();
    return renderPage(await visitLab(lab));
  } catch (thrown) {
    // What a command says that was killed for this is of no interest.
    throw interrupt.signal.aborted ? new Error('interrupted; the lab is taken down') : thrown;
  } finally {
    await lab.down();
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const page = await renderInOwnLab();
  if (!values.check) {
    writeFileSync(TOUR_PAGE, page);
    return 0;
  }
  const found = differences(readFileSync(TOUR_PAGE, 'utf8'), page);
  if (found.length === 0) return 0;
  console.error('docs/path-of-a-request.md (-) is not what the lab shows (+):');
  console.error(found.join('\n'));
  console.error('To write it anew: scripts/node scripts/render-tour.ts');
  return 1;
}

if (import.meta.main) process.exitCode = await main();
