/** Applies nft scripts; see {@link createNftBatcher}. */
export type ApplyNft = (script: string) => Promise<void>;

/**
 * Group commit: what is asked for while a transaction runs goes into the next one together, because
 * a transaction costs the same for one element and for a hundred. When a joint transaction fails,
 * each part is tried alone, so that one bad change does not fail the others.
 */
export function createNftBatcher(apply: ApplyNft): ApplyNft {
  let waiting: { script: string; done: PromiseWithResolvers<void> }[] = [];
  let running = false;

  const drain = async () => {
    running = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await apply(batch.map(change => change.script).join(''));
        for (const { done } of batch) done.resolve();
      } catch (thrown) {
        if (batch.length === 1) batch[0]?.done.reject(thrown);
        else
          for (const { script, done } of batch) await apply(script).then(done.resolve, done.reject);
      }
    }
    running = false;
  };

  return script => {
    const done = Promise.withResolvers<void>();
    waiting.push({ script, done });
    if (!running) void drain();
    return done.promise;
  };
}
