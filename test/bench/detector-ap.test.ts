import { describe, expect, test } from 'bun:test';
import { assign, averagePrecision, Curve, iou, matchFrame, rates, type Scored } from '../../bench/detector/ap.ts';
import type { Box } from '../../runtime/data.ts';

/** A 10×10 box whose left edge is at `x`. */
function at(x: number): Box {
  return { x, y: 0, w: 10, h: 10 };
}

function found(x: number, confidence: number): Scored {
  return { box: at(x), confidence };
}

describe('average precision by hand', () => {
  const cases: [why: string, hits: boolean[], labels: number, expected: number][] = [
    ['all found, nothing else: precision 1 at all 101 recalls', [true, true], 2, 1],
    ['nothing put out: no recall is reached', [], 2, 0],
    ['only false boxes', [false, false], 1, 0],
    // Precision 1 up to recall 1/4, which covers 0, 0.01 … 0.25: 26 of the 101 recalls.
    ['a quarter found', [true], 4, 26 / 101],
    // 3/10 is a little less than 0.3 in floating point where it is summed up; recall 0.30 must count: 31 recalls.
    ['a recall that lies on a point of the grid', [true, true, true], 10, 31 / 101],
    // Precisions 1, 1/2, 2/3, made falling from behind: 1, 2/3, 2/3. Recalls 1/2, 1/2, 1: the points 0 … 0.50 (51)
    // have precision 1, 0.51 … 1 (50) have 2/3.
    ['a false box in between', [true, false, true], 2, (51 + (50 * 2) / 3) / 101],
    // Precisions 0, 1/2, 2/3 become 2/3 everywhere; both labels are found.
    ['the most confident box is false', [false, true, true], 2, 2 / 3],
  ];
  test.each(cases)('%s', (_why, hits, labels, expected) => {
    expect(averagePrecision(hits, labels)).toBeCloseTo(expected, 12);
  });

  test('no labels: there is nothing to be found, and no number for it', () => {
    expect(averagePrecision([false], 0)).toBeNaN();
  });
});

describe('a curve over frames', () => {
  test('ties keep the order in which they came', () => {
    const [falseFirst, trueFirst] = [new Curve(), new Curve()];
    falseFirst.add([found(500, 0.5)], []);
    falseFirst.add([found(0, 0.5)], [at(0)]);
    trueFirst.add([found(0, 0.5)], [at(0)]);
    trueFirst.add([found(500, 0.5)], []);
    // False then true: precision 1/2 at recall 1. True then false: precision 1 at recall 1.
    expect(falseFirst.ap(0.5)).toBeCloseTo(0.5, 12);
    expect(trueFirst.ap(0.5)).toBeCloseTo(1, 12);
  });

  test('a second box on the same object is a false one', () => {
    const curve = new Curve();
    curve.add([found(0, 0.9), found(1, 0.8)], [at(0)]);
    curve.add([found(0, 0.7)], [at(0)]);
    // Hit, false, hit of two labels: the case worked out above.
    expect(curve.ap(0.5)).toBeCloseTo((51 + (50 * 2) / 3) / 101, 12);
    expect(curve.labels).toBe(2);
  });

  test('boxes count across frames by confidence, not by frame', () => {
    const curve = new Curve();
    curve.add([found(300, 0.2)], [at(0)]); // false, and last
    curve.add([found(0, 0.9)], [at(0)]);
    // One of two labels at precision 1: the recalls 0 … 0.50.
    expect(curve.ap(0.5)).toBeCloseTo(51 / 101, 12);
  });

  test('the mean over overlaps counts the thresholds that a box passes', () => {
    const curve = new Curve();
    // 10×6.2 in 10×10: IoU 0.62, a hit at 0.5, 0.55 and 0.6, and at none of the seven above.
    curve.add([{ box: { x: 0, y: 0, w: 10, h: 6.2 }, confidence: 1 }], [at(0)]);
    expect(curve.meanAp()).toBeCloseTo(0.3, 12);
    expect(curve.ap(0.3)).toBe(1);
  });

  test('no detections at all', () => {
    const curve = new Curve();
    curve.add([], [at(0)]);
    expect(curve.ap(0.5)).toBe(0);
    expect(new Curve().ap(0.5)).toBeNaN();
  });
});

describe('matching', () => {
  test('overlap: a third of two boxes is shared', () => {
    // 10×10 boxes 5 apart share 5×10 = 50 of 200 - 50.
    expect(iou(at(0), at(5))).toBeCloseTo(1 / 3, 12);
    expect(iou(at(0), at(10))).toBe(0);
    expect(iou({ ...at(0), w: 0 }, at(0))).toBe(0);
  });

  test('the more confident box takes the label that it overlaps most', () => {
    // The box at 2 overlaps both labels (8/12 and 7/13); it takes the one at 0, and the one at 5 is left for the other.
    expect(matchFrame([found(5, 0.3), found(2, 0.9)], [at(5), at(0)], 0.5)).toEqual([1, 0]);
  });

  test('a box that comes late gets what is left, if that is enough', () => {
    const rows = [
      [0.9, 0.6],
      [0.8, 0.55],
    ];
    expect(assign(rows, 0.5)).toEqual([0, 1]);
    expect(assign(rows, 0.58)).toEqual([0, -1]);
  });

  test('an overlap of exactly the threshold is enough', () => {
    expect(matchFrame([{ box: { x: 0, y: 0, w: 10, h: 5 }, confidence: 1 }], [at(0)], 0.5)).toEqual([0]);
  });
});

describe('rates', () => {
  test('by hand', () => {
    // 4 boxes, 3 of them right, of 6 labels: F1 = 2·3 / (4 + 6).
    expect(rates(4, 6, 3)).toEqual({ boxes: 4, labels: 6, hits: 3, precision: 0.75, recall: 0.5, f1: 0.6 });
  });

  test('what can not be said is no number', () => {
    expect(rates(0, 3, 0).precision).toBeNaN();
    expect(rates(0, 3, 0).f1).toBe(0);
    expect(rates(3, 0, 0).recall).toBeNaN();
  });
});
