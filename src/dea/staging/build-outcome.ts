import type { BuildpackReference } from './buildpack-reference.ts';
import { parseProcfile } from './procfile.ts';
import { readInside } from './read-inside.ts';
import { parseRelease } from './release.ts';
import { StagingFailure } from './staging-failure.ts';

/** What a build that went well has left in its container. */
export interface BuildOutcome {
  readonly processTypes: Readonly<Record<string, string>>;
  readonly buildpacks: readonly { readonly name: string; readonly detectOutput: string }[];
}

/** Exit codes of `stage.sh`. */
const NOTHING_DETECTED = 222;
const RELEASE_FAILED = 224;
const FAILURES: ReadonlySet<number> = new Set([223, 227]);

/** @param homePath the host's path of the ended container's home. */
export async function readOutcome(homePath: string): Promise<BuildOutcome> {
  const names = (await readInside(homePath, 'result/buildpacks')) ?? '';
  const detectOutput = ((await readInside(homePath, 'result/detect-output')) ?? '').trim();
  const procfile = parseProcfile((await readInside(homePath, 'app/Procfile')) ?? '');
  const released = parseRelease((await readInside(homePath, 'result/release.yml')) ?? '');
  const buildpacks = names.split('\n').filter(Boolean);
  return {
    processTypes: { ...released, ...procfile },
    buildpacks: buildpacks.map(name => ({ name, detectOutput })),
  };
}

/** Why a build ended with an exit code other than 0. */
export async function explainFailure(
  code: number,
  homePath: string,
  asked: readonly BuildpackReference[],
): Promise<StagingFailure> {
  if (code === NOTHING_DETECTED) {
    const names = asked.map(({ name }) => name).join(', ');
    return new StagingFailure(
      'NoAppDetectedError',
      `An app was not successfully detected by any available buildpack (asked: ${names}). Push the folder that holds package.json, requirements.txt, index.html or a Procfile, or give a start command.`,
    );
  }
  const reason = (await readInside(homePath, 'result/failure'))?.slice(0, 500);
  if (code === RELEASE_FAILED) {
    return new StagingFailure('BuildpackReleaseFailed', reason ?? 'bin/release failed');
  }
  if (FAILURES.has(code)) {
    return new StagingFailure('BuildpackCompileFailed', reason ?? 'the buildpack failed');
  }
  return new StagingFailure('StagingError', `the build ended with exit status ${code}`);
}
