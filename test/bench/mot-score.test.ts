import { describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { minimumAssignment } from '../../bench/minimum-assignment.ts';
import { countMot, type MotScore, parseMotText, scoreMot } from '../../bench/mot-score.ts';

const SCORER = join(import.meta.dir, '../../../shared/eval/mot_eval.py');

/** `frame,id,x` lines; boxes are 10x10 at y 0. */
function rows(...lines: [frame: number, id: number, x: number][]): string {
  return lines.map(([frame, id, x]) => `${frame},${id},${x},0,10,10,1`).join('\n');
}

function score(gt: string, result: string, ignore = ''): MotScore {
  return scoreMot([countMot(parseMotText(gt, true), parseMotText(result), parseMotText(ignore))]);
}

describe('scores by hand', () => {
  const two = rows([1, 1, 0], [2, 1, 0]);
  const four = rows([1, 1, 0], [2, 1, 0], [3, 1, 0], [4, 1, 0]);
  const half = rows([1, 7, 0], [2, 7, 0], [3, 8, 0], [4, 8, 0]);
  const cases: [why: string, gt: string, result: string, ignore: string, expected: Partial<MotScore>][] = [
    ['perfect', two, two, '', { HOTA: 100, IDF1: 100, MOTA: 100, IDSW: 0, FP: 0, FN: 0, GT: 2 }],
    ['nothing found', two, '', '', { HOTA: 0, IDF1: 0, MOTA: 0, FN: 2 }],
    ['nothing there', '', two, '', { HOTA: 0, IDF1: 0, MOTA: -200, FP: 2, GT: 0 }],
    ['nothing at all', '', '', '', { HOTA: 0, IDF1: 0, MOTA: 0 }],
    // Every box found, each identity holds half the truth: association is 2 / (4 + 2 - 2).
    ['one switch', four, half, '', { DetA: 100, AssA: 50, HOTA: 100 * Math.SQRT1_2, IDF1: 50, MOTA: 75, IDSW: 1 }],
    // IoU 1/3 is a match for the thresholds 0.05 to 0.3 (6 of 19), never for 0.5.
    [
      'too far off for CLEAR',
      rows([1, 1, 0]),
      rows([1, 1, 5]),
      '',
      { HOTA: 600 / 19, MOTA: -100, IDF1: 0, FP: 1, FN: 1 },
    ],
    ['a box not to be scored', '1,1,0,0,10,10,0', '', '', { GT: 0, FN: 0 }],
    [
      'a false box in an ignored region',
      two,
      rows([1, 1, 0], [2, 1, 0], [1, 9, 50]),
      '1,0,45,0,20,20,1',
      { MOTA: 100, FP: 0 },
    ],
    ['a true box in an ignored region', two, two, '1,0,0,0,20,20,1', { MOTA: 100, FN: 0 }],
    // Frame 2 overlaps the other box better, but the pair of frame 1 still matches and is kept.
    ['CLEAR keeps pairs', rows([1, 1, 0], [2, 1, 0]), rows([1, 7, 0], [2, 7, 3], [2, 8, 1]), '', { IDSW: 0, FP: 1 }],
    ['a gap does not hide a switch', rows([1, 1, 0], [3, 1, 0]), rows([1, 7, 0], [3, 8, 0]), '', { IDSW: 1 }],
  ];
  test.each(cases)('%s', (_, gt, result, ignore, expected) => {
    const found = score(gt, result, ignore);
    for (const [name, value] of Object.entries(expected)) {
      expect([name, found[name as keyof MotScore].toFixed(9)]).toEqual([name, value.toFixed(9)]);
    }
  });

  test('sequences combine by their counts, not by their means', () => {
    const parts = [countMot(parseMotText(four), parseMotText(four)), countMot(parseMotText(two), new Map())];
    expect(scoreMot(parts)).toMatchObject({ MOTA: (100 * 4) / 6, FN: 2, GT: 6 });
  });
});

test('minimum assignment against brute force', () => {
  const best = (cost: number[][], row = 0, taken: number[] = []): number => {
    const costs = cost[row];
    if (costs === undefined) return 0;
    const choices = costs.map((c, col) =>
      taken.includes(col) ? Number.POSITIVE_INFINITY : c + best(cost, row + 1, [...taken, col]),
    );
    // With more rows than columns some rows stay alone.
    const alone = cost.length > costs.length ? best(cost, row + 1, taken) : Number.POSITIVE_INFINITY;
    return Math.min(alone, ...choices);
  };
  const side = fc.integer({ min: 1, max: 5 });
  const negative = fc.double({ min: -5, max: -0.1, noNaN: true });
  const matrix = fc
    .tuple(side, side)
    .chain(([r, c]) => fc.array(fc.array(negative, { minLength: c, maxLength: c }), { minLength: r, maxLength: r }));
  fc.assert(
    fc.property(matrix, (cost) => {
      const cols = cost[0]?.length ?? 0;
      const pairs = minimumAssignment(Float64Array.from(cost.flat()), cost.length, cols);
      expect(pairs.length).toBe(Math.min(cost.length, cols));
      expect(new Set(pairs.map(([, col]) => col)).size).toBe(pairs.length);
      expect(pairs.reduce((sum, [r, c]) => sum + (cost[r]?.[c] ?? 0), 0)).toBeCloseTo(best(cost), 9);
    }),
    { seed: 1 },
  );
});

const unable = whyNoReference();
if (unable !== '') console.log(`skipped: figures against mot_eval.py; ${unable}`);

describe.skipIf(unable !== '')('figures against mot_eval.py', () => {
  test('random sequences, half of them on a grid where ties are common', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mot-score-'));
    try {
      const scenes = fc.sample(scene, { numRuns: 40, seed: 1 });
      const ours: Record<string, MotScore> = {};
      const parts = scenes.map(({ gt, result, ignore }) =>
        countMot(parseMotText(gt, true), parseMotText(result), parseMotText(ignore)),
      );
      const args: string[] = [];
      for (const [k, { gt, result, ignore }] of scenes.entries()) {
        const path = (name: string) => join(folder, `s${k}`, name);
        await Bun.write(path('gt.txt'), gt);
        await Bun.write(path('result.txt'), result);
        if (ignore !== '') await Bun.write(path('ignore.txt'), ignore);
        args.push(path('gt.txt'), path('result.txt'));
        ours[`s${k}`] = scoreMot(parts.slice(k, k + 1));
      }
      ours.COMBINED = scoreMot(parts);
      const { stdout, stderr } = Bun.spawnSync(['python3', SCORER, ...args, '--json']);
      expect(stderr.toString()).toBe('');
      const theirs: Record<string, Record<string, number>> = JSON.parse(stdout.toString());
      expect(Object.keys(theirs).sort()).toEqual(Object.keys(ours).sort());
      for (const [name, figures] of Object.entries(theirs)) {
        for (const [figure, value] of Object.entries(figures)) {
          const difference = Math.abs(value - (ours[name]?.[figure as keyof MotScore] ?? Number.NaN));
          expect([name, figure, difference < 1e-9]).toEqual([name, figure, true]);
        }
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

function whyNoReference(): string {
  if (!existsSync(SCORER)) return `${SCORER} is not there`;
  if (Bun.which('python3') === null) return 'python3 is not installed';
  const { exitCode } = Bun.spawnSync(['python3', '-c', 'import numpy, scipy'], { stderr: 'ignore' });
  return exitCode === 0 ? '' : 'python3 has no numpy or no scipy';
}

/** Ground truth with a result that misses, jitters, changes identities and adds false boxes. */
const scene = fc
  .record({
    seed: fc.integer({ min: 1, max: 1e6 }),
    objects: fc.integer({ min: 1, max: 8 }),
    frames: fc.integer({ min: 1, max: 20 }),
    gridPx: fc.constantFrom(10, 0.001),
    ignored: fc.boolean(),
  })
  .map(({ seed, objects, frames, gridPx, ignored }) => {
    // Sine of multiples: scattered enough, and the same everywhere.
    let draws = seed;
    const random = () => Math.abs(Math.sin(draws++ * 12.9898) * 43758.5453) % 1;
    const snap = (value: number) => Math.round(value / gridPx) * gridPx;
    const gt: string[] = [];
    const result: string[] = [];
    const ignore: string[] = [];
    for (let frame = 1; frame <= frames; frame++) {
      for (let id = 1; id <= objects; id++) {
        if (random() < 0.2) continue;
        const [x, y, w, h] = [
          snap(random() * 100),
          snap(random() * 60),
          snap(20 + random() * 30),
          snap(20 + random() * 30),
        ];
        gt.push([frame, id, x, y, w, h, random() < 0.05 ? 0 : 1].join());
        const resultId = random() < 0.9 ? id + 10 : id + 30;
        if (random() < 0.8) {
          result.push([frame, resultId, snap(x + random() * 10), snap(y + random() * 10), w, h, 0.9].join());
        }
      }
      if (random() < 0.5) result.push([frame, 99, snap(random() * 100), snap(random() * 60), 20, 20, 1].join());
      if (ignored) ignore.push([frame, 0, 0, 0, 60, 60, 1].join());
    }
    return { gt: gt.join('\n'), result: result.join('\n'), ignore: ignore.join('\n') };
  });
