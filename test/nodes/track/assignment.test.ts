import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Assignment } from '../../../nodes/track/assignment.ts';

const X = Number.POSITIVE_INFINITY;

function solve(rows: readonly (readonly number[])[], limit: number, assignment = new Assignment()): number[] {
  assignment.begin(rows[0]?.length ?? 0);
  for (const costs of rows) {
    assignment.addRow();
    for (const [col, cost] of costs.entries()) if (cost !== X) assignment.add(col, cost);
  }
  return Array.from(assignment.solve(limit).subarray(0, rows.length));
}

/** Sum of `cost - limit` over the pairs: what the assignment minimizes. */
function gain(rows: readonly (readonly number[])[], limit: number, chosen: readonly number[]): number {
  return chosen.reduce((sum, col, row) => (col < 0 ? sum : sum + (rows[row]?.[col] ?? X) - limit), 0);
}

function bruteForce(
  rows: readonly (readonly number[])[],
  limit: number,
  row = 0,
  taken: readonly number[] = [],
): number {
  const costs = rows[row];
  if (costs === undefined) return 0;
  const alone = bruteForce(rows, limit, row + 1, taken);
  const withCol = costs.map((cost, col) =>
    taken.includes(col) || !(cost <= limit)
      ? Number.POSITIVE_INFINITY
      : cost - limit + bruteForce(rows, limit, row + 1, [...taken, col]),
  );
  return Math.min(alone, ...withCol);
}

describe('assignment, by hand', () => {
  const rows: [why: string, cost: number[][], limit: number, expected: number[]][] = [
    ['nothing to assign', [], 1, []],
    ['a pair below the limit', [[0.3]], 0.8, [0]],
    ['a pair at the limit counts', [[0.8]], 0.8, [0]],
    ['a pair above the limit does not', [[0.81]], 0.8, [-1]],
    ['NaN is never assigned', [[Number.NaN, 0.5]], 0.8, [1]],
    [
      'greedy would take the 1 and pay 10',
      [
        [1, 2],
        [2, 10],
      ],
      20,
      [1, 0],
    ],
    ['two rows want one column: the one that gains more gets it', [[0.2], [0.1]], 0.8, [-1, 0]],
    ['more rows than columns', [[5], [4], [3]], 10, [-1, -1, 0]],
    ['more columns than rows', [[5, 4, 3]], 10, [2]],
    [
      'a chain of moves',
      [
        [1, 2, X],
        [1, X, X],
        [X, 1, 2],
      ],
      5,
      [1, 0, 2],
    ],
    [
      'one costly pair is worth less than one cheap pair',
      [
        [0.0, 0.7],
        [0.7, X],
      ],
      0.72,
      [0, -1],
    ],
    [
      'all alike: each row gets one, in order',
      [
        [1, 1],
        [1, 1],
      ],
      2,
      [0, 1],
    ],
  ];
  test.each(rows)('%s', (_, cost, limit, expected) => {
    expect(solve(cost, limit)).toEqual(expected);
  });
});

const matrix = (entry: fc.Arbitrary<number>) =>
  fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))
    .chain(([rows, cols]) =>
      fc.array(fc.array(entry, { minLength: cols, maxLength: cols }), { minLength: rows, maxLength: rows }),
    );

/** What may be lost a row, in units of cost. */
const SLACK = 0.01;

describe('assignment against brute force', () => {
  const entries: [why: string, entry: fc.Arbitrary<number>][] = [
    ['any cost', fc.double({ min: 0, max: 1, noNaN: true })],
    ['all nearly alike, so that rows outbid each other', fc.double({ min: 0.3, max: 0.35, noNaN: true })],
    ['few different costs, so that ties are common', fc.integer({ min: 0, max: 4 }).map((n) => n / 4)],
    ['sparse: most pairs are forbidden', fc.oneof(fc.constant(X), fc.double({ min: 0, max: 1, noNaN: true }))],
  ];
  test.each(entries)('%s', (_, entry) => {
    // One solver for all runs: nothing of an earlier matrix may show.
    const assignment = new Assignment();
    fc.assert(
      fc.property(matrix(entry), fc.double({ min: 0, max: 1, noNaN: true }), (rows, limit) => {
        const chosen = solve(rows, limit, assignment);
        const cols = chosen.filter((col) => col >= 0);
        expect(new Set(cols).size).toBe(cols.length);
        for (const [row, col] of chosen.entries()) if (col >= 0) expect(rows[row]?.[col]).toBeLessThanOrEqual(limit);
        expect(gain(rows, limit, chosen)).toBeLessThanOrEqual(bruteForce(rows, limit) + SLACK * rows.length);
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});

test('a thousand rows want fewer columns, all alike: each column is given away', () => {
  const rows = Array.from({ length: 1000 }, (_, row) => {
    return Array.from({ length: 999 }, (_, col) => (Math.abs(col - row) < 6 ? 0.5 : X));
  });
  expect(solve(rows, 0.9).filter((col) => col >= 0).length).toBe(999);
});
