import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newGuid } from '../core/ids.ts';
import { type StagingResult, type StagingTask, stagingTaskSchema } from '../proto/staging.ts';
import { StagingRunner } from './staging-runner.ts';

function task(): StagingTask {
  return stagingTaskSchema.parse({
    buildGuid: newGuid(),
    deaId: 'dea-1',
    appGuid: newGuid(),
    appName: 'shop',
    packageGuid: newGuid(),
    dropletGuid: newGuid(),
    buildpacks: [],
    env: {},
    vcapApplication: {},
    memoryMib: 512,
    diskMib: 512,
    timeoutSec: 60,
  });
}

function lab() {
  const written: string[] = [];
  const builds: { readonly signal: AbortSignal; finish(result: StagingResult): void }[] = [];
  const stager = {
    stage: (_task: StagingTask, signal: AbortSignal) => {
      const { promise, resolve } = Promise.withResolvers<StagingResult>();
      builds.push({ signal, finish: resolve });
      return promise;
    },
  };
  const actual = {
    put: (_key: string, result: StagingResult) => void written.push(result.state),
    delete: () => void written.push('gone'),
  };
  return { written, builds, runner: new StagingRunner('dea-1', stager, actual) };
}

const failed = ({ buildGuid, deaId }: StagingTask): StagingResult => ({
  ...{ buildGuid, deaId, state: 'FAILED', error: 'x' },
});

test('StagingRunner: reports STAGING, then the result; a task runs once', async () => {
  const { written, builds, runner } = lab();
  const one = task();
  runner.want(one);
  runner.want(one);
  assert.equal(builds.length, 1);
  assert.deepEqual(written, ['STAGING']);
  builds[0]?.finish(failed(one));
  await new Promise(setImmediate);
  assert.deepEqual(written, ['STAGING', 'FAILED']);
  runner.want(one);
  assert.equal(builds.length, 1);
});

test('StagingRunner.unwant: cancels, and removes the report', async () => {
  const { written, builds, runner } = lab();
  const one = task();
  runner.want(one);
  const gone = runner.unwant(one.buildGuid);
  assert.equal(builds[0]?.signal.aborted, true);
  builds[0]?.finish(failed(one));
  await gone;
  assert.deepEqual(written, ['STAGING', 'gone']);
});

test('StagingRunner.leave: the next agent finds STAGING and begins anew', async () => {
  const { written, builds, runner } = lab();
  const one = task();
  runner.want(one);
  const left = runner.leave();
  builds[0]?.finish(failed(one));
  await left;
  assert.deepEqual(written, ['STAGING']);
});
