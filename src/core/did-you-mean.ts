/** The candidate that `text` most likely meant, or `undefined` when none is near. */
export function closest(text: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(text.length * 0.4)) + 1;
  for (const candidate of candidates) {
    const distance = distanceBetween(text.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** A name that was begun well is near, however long its rest is. */
function distanceBetween(text: string, candidate: string): number {
  const distance = editDistance(text, candidate);
  return text.length >= 3 && candidate.startsWith(text) ? Math.min(distance, 1.5) : distance;
}

/** ` Did you mean “x”?` to append to a message, or nothing. */
export function suggestion(text: string, candidates: Iterable<string>): string {
  const best = closest(text, candidates);
  return best === undefined ? '' : ` Did you mean “${best}”?`;
}

/** Optimal string alignment distance: insert, delete, replace, swap of neighbours cost one each. */
export function editDistance(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      let cost = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (row > 1 && column > 1 && swapped)
        cost = Math.min(cost, (beforePrevious[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[right.length] ?? 0;
}
