import { run } from '../../exec/run.ts';

/** Folders and files below `base` that go into an archive. */
export interface PackSource {
  readonly base: string;
  readonly names: readonly string[];
}

/**
 * Packs into a tar.gz that belongs to vcap, without following links. By the system's tar: in this
 * process it would take three times as long, and the agent would stand still meanwhile.
 */
export async function packFolders(
  archive: string,
  sources: readonly PackSource[],
  signal: AbortSignal,
): Promise<void> {
  await run(
    [
      'tar',
      '--create',
      `--file=${archive}`,
      // Level 1 packs five times as fast as the default, for an archive a tenth bigger.
      '--use-compress-program=gzip -1',
      '--owner=vcap:2000',
      '--group=vcap:2000',
      '--mode=ug-s',
      '--hard-dereference',
      ...sources.flatMap(({ base, names }) => [`--directory=${base}`, ...names]),
    ],
    { signal, timeoutMs: 3_600_000 },
  );
}
