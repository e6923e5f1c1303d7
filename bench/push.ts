/**
 * From `sprue push` to the first 200 (its end: the command itself makes that request through the
 * router before it ends), and from a route change's answer to its effect in the router.
 */
import { join } from 'node:path';
import { run } from '../src/exec/run.ts';
import { inNetns } from '../test/kit/net-lab.ts';
import { root, TestPlatform } from '../test/kit/platform.ts';
import { median, percentile, printReport } from './bench-report.ts';

const PUSHES = 5;
const ROUTE_CHANGES = 50;

await using platform = await TestPlatform.start();
const seconds: number[] = [];
for (let round = 1; round <= PUSHES; round++) {
  const startedMs = performance.now();
  await platform.ok([
    'push',
    `bench-${round}`,
    '-p',
    join(root, 'examples/hello-node'),
    '-m',
    '128M',
  ]);
  seconds.push((performance.now() - startedMs) / 1000);
  console.log(`push ${round}: ${seconds.at(-1)?.toFixed(2)} s`);
}

const worker = join(import.meta.dirname, 'route-change-worker.ts');
const argv = [process.execPath, worker, platform.stateDir, platform.domain, String(ROUTE_CHANGES)];
const { stdout } = await run(inNetns(platform.lab.host.netns, argv), { timeoutMs: 120_000 });
const changesMs = JSON.parse(stdout) as number[];

printReport({
  bench: 'push',
  figures: {
    push_to_200_s_p50: median(seconds),
    push_to_200_s_max: Math.max(...seconds),
    route_change_ms_p50: median(changesMs),
    route_change_ms_p99: percentile(changesMs, 99),
  },
  ratios: {},
});
