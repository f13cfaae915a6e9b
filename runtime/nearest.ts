/** Finds the known name that is closest to a mistyped one. */

/** @returns the closest of `known` by edit distance, or null when none is close enough to be a typo of it */
export function nearest(name: string, known: Iterable<string>): string | null {
  // Longer than any name: not a typo, and the distance would be slow to compute.
  if (name.length > 100) return null;
  const wanted = name.toLowerCase();
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  // A third of the letters wrong is still a typo; more is another word.
  return bestDistance <= Math.max(1, Math.floor(name.length / 3)) && bestDistance < name.length ? best : null;
}

/** `; did you mean 'decode'?`, or the list of what is known when nothing is close. For the end of a message. */
export function suggestion(name: string, known: readonly string[], what: string): string {
  const close = nearest(name, known);
  if (close !== null) return `; did you mean '${close}'?`;
  return known.length === 0 ? `; there are no ${what}` : `; ${what}: ${known.join(', ')}`;
}

/** Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, at(beforeLast, j - 2) + 1);
      row.push(cost);
    }
    [beforeLast, last] = [last, row];
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
