import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { Candidates } from '../../../nodes/detect/candidates.ts';
import { type SelectOptions, Selector } from '../../../nodes/detect/nms.ts';

interface Raw {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  readonly score: number;
  readonly id: number;
}

const whole = (max: number) => fc.integer({ min: 0, max });
const box = fc.record({
  x: whole(30),
  y: whole(30),
  w: whole(20),
  h: whole(20),
  score: whole(8).map((s) => s / 8),
  id: whole(2),
});

function select(boxes: readonly Raw[], options: SelectOptions): number[] {
  const candidates = new Candidates();
  for (const { x, y, w, h, score, id } of boxes) candidates.addCorners(x, y, x + w, y + h, score, id);
  return [...new Selector(options).select(candidates)];
}

/** Counts the cells of the integer grid that boxes share: no formula in common with the code under test. */
function cellIou(a: Raw, b: Raw): number {
  const inside = (box: Raw, x: number, y: number) => x >= box.x && x < box.x + box.w && y >= box.y && y < box.y + box.h;
  let both = 0;
  let any = 0;
  for (let x = 0; x < 50; x++) {
    for (let y = 0; y < 50; y++) {
      const inA = inside(a, x, y);
      const inB = inside(b, x, y);
      if (inA && inB) both += 1;
      if (inA || inB) any += 1;
    }
  }
  return any === 0 ? 0 : both / any;
}

function bruteForce(boxes: readonly Raw[], { iou, classAgnostic, max }: SelectOptions): number[] {
  const left = boxes.map((one, index) => ({ one, index }));
  const taken: typeof left = [];
  while (left.length > 0 && taken.length < max) {
    let best = 0;
    for (const [i, { one }] of left.entries()) if (one.score > (left[best]?.one.score ?? 0)) best = i;
    const [next] = left.splice(best, 1);
    if (next === undefined) break;
    const doubles = (other: (typeof left)[number]) =>
      iou !== null && (classAgnostic || other.one.id === next.one.id) && cellIou(other.one, next.one) > iou;
    if (!taken.some(doubles)) taken.push(next);
  }
  return taken.map(({ index }) => index);
}

test('the same boxes as brute force, ties by order', () => {
  const options = fc.record({
    iou: fc.constantFrom(null, 0, 0.3, 0.45, 1),
    classAgnostic: fc.boolean(),
    max: fc.integer({ min: 1, max: 12 }),
  });
  fc.assert(
    fc.property(fc.array(box, { maxLength: 15 }), options, (boxes, given) => {
      expect(select(boxes, given)).toEqual(bruteForce(boxes, given));
    }),
    { numRuns: 150 },
  );
});

test('a flood of boxes keeps its memory and its order', () => {
  const candidates = new Candidates();
  const selector = new Selector({ iou: 0.5, classAgnostic: false, max: 3 });
  for (let round = 0; round < 2; round++) {
    candidates.clear();
    for (let i = 0; i < 5000; i++) candidates.addCorners(i * 10, 0, i * 10 + 5, 5, (i % 1000) / 1000, 0);
    expect([...selector.select(candidates)]).toEqual([999, 1999, 2999]);
  }
});
