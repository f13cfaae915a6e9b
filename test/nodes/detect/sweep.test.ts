/** The sweep over large pictures: large tiles in turn, small ones beside them, and first where something stands out. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Sweep } from '../../../nodes/detect/fovea-sweep.ts';
import { type Spot, spotsOf } from '../../../nodes/detect/spots.ts';
import type { Box, FramePart, FrameRequest, Size } from '../../../runtime/node.ts';

const INPUT = { w: 640, h: 512 };
const LOOKS_PER_S = 28;
const UHD = { w: 3840, h: 2160 };

interface Look {
  readonly timeS: number;
  readonly box: Box;
  readonly scale: number;
}

/** One look after the other. @param spots what stands out in the picture, as far as a view shows it */
function sweep(picture: Size, seconds: number, spots: readonly Spot[] = [], isBusy = false): Look[] {
  const one = new Sweep(INPUT);
  const looks: Look[] = [];
  for (let k = 0; k < LOOKS_PER_S * seconds; k++) {
    const timeS = k / LOOKS_PER_S;
    one.layOut(picture, LOOKS_PER_S, timeS);
    const box = one.inOrder(timeS, isBusy).next().value;
    if (!box) throw new Error('there is always a tile');
    const scale = box.w / INPUT.w;
    one.note(box, scale, timeS);
    if (one.wantsSpots(scale, false))
      one.mark(
        box,
        spots.filter((spot) => isIn(box, spot)),
      );
    looks.push({ timeS, box, scale });
  }
  return looks;
}

function isIn(box: Box, { x, y }: Pick<Spot, 'x' | 'y'>): boolean {
  return x > box.x && x < box.x + box.w && y > box.y && y < box.y + box.h;
}

const isFine = ({ scale }: Look) => scale <= 0.5;
const longestGapS = (looks: readonly Look[], untilS: number) =>
  Math.max(...[...looks.map(({ timeS }) => timeS), untilS].map((timeS, k) => timeS - (looks[k - 1]?.timeS ?? 0)));

describe('a picture of 3840×2160', () => {
  const place = fc.record({ x: fc.integer({ min: 1, max: 3839 }), y: fc.integer({ min: 1, max: 2159 }) });
  const spot = fc.record({
    x: place.map(({ x }) => x),
    y: place.map(({ y }) => y),
    strength: fc.integer({ min: 1, max: 500 }),
  });

  /** Twice as long as it takes at most. */
  const WATCH_S = 40;

  test('every place is in a large tile once a second and in a small one within ten, or twice that where much stands out', () => {
    fc.assert(
      fc.property(place, fc.array(spot, { maxLength: 40 }), (at, spots) => {
        const looks = sweep(UHD, WATCH_S, spots).filter(({ box }) => isIn(box, at));
        const large = looks.filter((look) => !isFine(look));
        expect(longestGapS(large, WATCH_S)).toBeLessThan(1.1);
        expect(longestGapS(looks.filter(isFine), WATCH_S)).toBeLessThan(spots.length === 0 ? 10 : 20);
      }),
      {
        numRuns: 30,
        examples: [
          // Many of the same strength.
          [
            { x: 3830, y: 2150 },
            Array.from({ length: 40 }, (_, k) => ({
              x: 370 * (k % 10) + 99,
              y: 500 * Math.floor(k / 10) + 99,
              strength: 7,
            })),
          ],
        ],
      },
    );
  });

  test('the strongest spot is looked at within a second and a half, and then every other second', () => {
    fc.assert(
      fc.property(spot, fc.array(spot, { maxLength: 40 }), (one, others) => {
        const looks = sweep(UHD, 8, [{ ...one, strength: 501 }, ...others]);
        const fine = looks.filter((look) => isFine(look) && isIn(look.box, one));
        expect(fine[0]?.timeS).toBeLessThan(1.5);
        expect(longestGapS(fine, 8)).toBeLessThan(2.5);
      }),
      {
        numRuns: 30,
        examples: [
          // Its small tile reaches into two large ones.
          [
            { x: 2654, y: 1915, strength: 1 },
            [
              { x: 1, y: 1522, strength: 1 },
              { x: 2929, y: 884, strength: 1 },
              { x: 1, y: 1684, strength: 1 },
            ],
          ],
        ],
      },
    );
  });

  test('few looks go to small tiles while they are scarce', () => {
    const fine = (isBusy: boolean) => sweep(UHD, 8, [], isBusy).filter(isFine).length / (8 * LOOKS_PER_S);
    expect(fine(false)).toBeGreaterThan(0.4);
    expect(fine(true)).toBeCloseTo(0.25, 1);
  });
});

test('a picture of 1920×1080 has one sort of tiles, enlarged; what stands out in the whole picture comes first', () => {
  const picture = { w: 1920, h: 1080 };
  const at = { x: 1300, y: 900 };
  const looksWith = (spots: readonly Spot[]) => {
    const one = new Sweep(INPUT);
    expect(one.wantsSpots(3, true)).toBe(true);
    return Array.from({ length: 4 * LOOKS_PER_S }, (_, k): Look => {
      const timeS = k / LOOKS_PER_S;
      one.layOut(picture, LOOKS_PER_S, timeS);
      if (k % 14 === 0) one.mark({ x: 0, y: 0, ...picture }, spots);
      const box = one.inOrder(timeS, false).next().value;
      if (!box) throw new Error('there is always a tile');
      expect(one.wantsSpots(box.w / INPUT.w, false)).toBe(false);
      one.note(box, box.w / INPUT.w, timeS);
      return { timeS, box, scale: box.w / INPUT.w };
    });
  };
  const spots = [0, 1, 2].map((k) => ({ x: at.x - 500 * k, y: at.y, strength: 9 + k }));
  for (const looks of [looksWith([]), looksWith(spots)]) {
    expect(new Set(looks.map(({ scale }) => scale.toFixed(3))).size).toBe(1);
    expect(looks[0]?.scale).toBeLessThan(0.8);
    const there = looks.filter(({ box }) => isIn(box, { x: 5, y: 5 }));
    expect(longestGapS(there, 4)).toBeLessThan(1);
  }
  const found = (looks: readonly Look[]) => looks.find(({ box }) => isIn(box, at))?.timeS;
  expect(found(looksWith([]))).toBeGreaterThan(0.3);
  expect(found(looksWith(spots))).toBeLessThan(0.15);
});

describe('what stands out in a view', () => {
  const size = { w: 240, h: 180 };

  /** @param level from 0 to 255 at a pixel of the input */
  function spotsIn(format: 'rgbf32' | 'bgr24', level: (x: number, y: number) => number): Spot[] {
    const request: FrameRequest = {
      width: size.w,
      height: size.h,
      format,
      fit: 'letterbox',
      white: format === 'rgbf32' ? 1 : 255,
    };
    const count = size.w * size.h;
    const data = format === 'rgbf32' ? new Float32Array(3 * count) : new Uint8Array(3 * count);
    for (let i = 0; i < count; i++) {
      const value = level(i % size.w, Math.floor(i / size.w));
      if (format === 'rgbf32') data[count + i] = value / 255;
      else data[3 * i + 1] = value;
    }
    const mapping = {
      viewportPx: { x: 1000, y: 500, w: 2 * size.w, h: 2 * size.h },
      contentPx: { x: 0, y: 0, ...size },
    };
    const part: FramePart = { data, mapping };
    return spotsOf(part, request).toSorted((a, b) => b.strength - a.strength);
  }

  const noise = (x: number, y: number) => ((x * 7919 + y * 104729 + x * y * 31) % 17) / 17;
  const drone = (x: number, y: number) => (x >= 150 && x < 152 && y === 40 ? -12 : 0);
  const backgrounds = {
    flat: () => 120,
    'brighter downwards': (_: number, y: number) => 60 + y / 2,
    'a sky with noise': (x: number, y: number) => Math.round(120 + 1.5 * noise(x, y)),
    'sky over leaves': (x: number, y: number) => (y < 100 ? 120 : 40 + 90 * noise(x, y)),
    'stripes and the edge of a roof': (x: number, y: number) => (y > 90 ? 30 : 120 + 40 * Math.sin(x / 9)),
  };

  for (const [name, level] of Object.entries(backgrounds)) {
    for (const format of ['rgbf32', 'bgr24'] as const) {
      test(`${name}, ${format}: a drone of two pixels most of all`, () => {
        const [first] = spotsIn(format, (x, y) => level(x, y) + drone(x, y));
        expect(Math.abs((first?.x ?? 0) - (1000 + 2 * 151))).toBeLessThanOrEqual(2);
        expect(Math.abs((first?.y ?? 0) - (500 + 2 * 40.5))).toBeLessThanOrEqual(1);
        if (name !== 'sky over leaves') expect(spotsIn(format, level)).toEqual([]);
      });
    }
  }
});
