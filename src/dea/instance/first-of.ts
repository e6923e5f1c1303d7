/**
 * Lets several things wait at the same time; the first to settle ends the others' wait by their signal.
 * @returns its result, or `undefined` when `signal` aborts before.
 */
export async function firstOf<T>(
  signal: AbortSignal,
  contenders: readonly ((signal: AbortSignal) => Promise<T>)[],
): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const onAbort = () => resolve(undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const waits = contenders.map(contender => contender(either));
    for (const wait of waits) wait.catch(() => {}); // the losers end by the abort
    return await Promise.race([...waits, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    over.abort();
  }
}
