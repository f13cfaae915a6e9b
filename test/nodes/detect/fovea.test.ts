import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Fovea } from '../../../nodes/detect/fovea.ts';
import type { Found, View } from '../../../nodes/detect/fovea-targets.ts';
import type { Box, Size } from '../../../runtime/data.ts';

const INPUT = { w: 640, h: 512 };
const size = fc.record({ w: fc.integer({ min: 1280, max: 4096 }), h: fc.integer({ min: 720, max: 2304 }) });

interface Frame {
  readonly timeS: number;
  readonly views: readonly Box[];
}

/** Plays frames: what is planned for one is shown in the next. @param found what there is to be found in these views */
function play(
  picture: Size,
  { fps, seconds, viewsPerS }: { readonly fps: number; readonly seconds: number; readonly viewsPerS?: number },
  found: (timeS: number, views: readonly View[]) => readonly Found[] = () => [],
): Frame[] {
  const fovea = new Fovea(INPUT);
  const frames: Frame[] = [];
  let views: readonly Box[] = [{ x: 0, y: 0, ...picture }];
  for (let i = 0; i < fps * seconds; i++) {
    const timeS = i / fps;
    frames.push({ timeS, views });
    const seen = views.map((box) => ({ box, scale: scaleOf(box) }));
    const next = fovea.next({ timeS, picture, views: seen }, viewsPerS);
    fovea.see(found(timeS, seen), seen);
    views = next;
  }
  return frames;
}

function scaleOf({ w, h }: Box): number {
  return Math.max(w / INPUT.w, h / INPUT.h);
}

/** A still object of so many pixels, found wherever a view shows it on 5 pixels of the input or more. */
function drone(x: number, y: number, sidePx = 12) {
  const bboxPx = { x, y, w: sidePx, h: sidePx };
  const isShown = ({ box, scale }: View) =>
    sidePx / scale >= 5 && x >= box.x && y >= box.y && x + sidePx <= box.x + box.w && y + sidePx <= box.y + box.h;
  const found = (_: number, views: readonly View[]): Found[] =>
    views.some(isShown) ? [{ bboxPx, confidence: 0.8, isCut: false }] : [];
  return { found, isIn: (views: readonly Box[]) => views.some((box) => isShown({ box, scale: scaleOf(box) })) };
}

describe('where nothing is followed', () => {
  test('every object of 12 pixels is within a tile once a second, down to 15 frames a second, up to 4K', () => {
    const place = fc.double({ min: 0, max: 0.99, noNaN: true });
    fc.assert(
      fc.property(size, fc.integer({ min: 15, max: 60 }), place, place, (picture, fps, x, y) => {
        const { isIn } = drone(x * (picture.w - 12), y * (picture.h - 12));
        const frames = play(picture, { fps, seconds: 4 }).filter(({ timeS }) => timeS >= 1);
        let lastS = 1;
        for (const { timeS, views } of frames) {
          if (views.some((box) => box.w < picture.w) && isIn(views)) lastS = timeS;
          expect(timeS - lastS).toBeLessThanOrEqual(fps >= 25 ? 1 : 2);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('the whole picture is looked at twice a second', () => {
    const frames = play({ w: 3840, h: 2160 }, { fps: 25, seconds: 10 });
    const whole = frames.filter(({ views }) => views.some(({ w }) => w === 3840));
    expect(whole.length).toBeGreaterThanOrEqual(19);
    expect(whole.length).toBeLessThanOrEqual(22);
  });
});

test('a 4K drone of 12 pixels is found within a second and then looked at in every frame', () => {
  for (const [x, y] of [
    [0, 0],
    [3820, 2140],
    [1913, 1077],
    [640, 1500],
  ] as const) {
    const { found, isIn } = drone(x, y);
    const frames = play({ w: 3840, h: 2160 }, { fps: 25, seconds: 4 }, found);
    const first = frames.findIndex(({ views }) => isIn(views));
    expect(frames[first]?.timeS).toBeLessThanOrEqual(1);
    // The plan for the frame after it was made before it was found.
    const after = frames.slice(first + 2);
    const missed = after.filter(({ views }) => !isIn(views));
    expect(missed.length).toBe(0);
  }
});

test('an object that flies through a 4K picture, and turns back, is looked at in every frame once it is found', () => {
  for (const [fps, pxPerS] of [
    [25, 300],
    [25, 900],
    [10, 400],
  ] as const) {
    const leftAt = (timeS: number) => 1900 + 1500 * Math.sin((timeS * pxPerS) / 1500);
    const at = (timeS: number) => drone(leftAt(timeS), 900 + 60 * Math.sin(timeS * 2), 14);
    const frames = play({ w: 3840, h: 2160 }, { fps, seconds: 12 }, (timeS, views) => at(timeS).found(timeS, views));
    const first = frames.findIndex(({ timeS, views }) => at(timeS).isIn(views));
    const missed = frames.slice(first + 2).filter(({ timeS, views }) => !at(timeS).isIn(views));
    expect(missed.length).toBe(0);
  }
});

test('three objects far from each other: each is looked at within four frames, and the picture is still swept', () => {
  const drones = [drone(100, 100), drone(3000, 200), drone(1500, 1900)];
  const found = (timeS: number, views: readonly View[]) => drones.flatMap((one) => one.found(timeS, views));
  const frames = play({ w: 3840, h: 2160 }, { fps: 25, seconds: 24 }, found).filter(({ timeS }) => timeS > 10);
  for (const { isIn } of drones) {
    let since = 0;
    for (const { views } of frames) {
      since = isIn(views) ? 0 : since + 1;
      expect(since).toBeLessThan(5);
    }
  }
  const other = drone(2700, 1100);
  const looks = frames.filter(({ views }) => other.isIn(views)).map(({ timeS }) => timeS);
  expect(Math.max(...looks.map((timeS, i) => timeS - (looks[i - 1] ?? 10)))).toBeLessThan(8);
});

test('an object that the whole picture shows well is followed there', () => {
  const { found } = drone(1500, 700, 300);
  const frames = play({ w: 3840, h: 2160 }, { fps: 25, seconds: 3 }, found);
  expect(frames.slice(3).every(({ views }) => views.some(({ w }) => w === 3840))).toBe(true);
});

test('a picture about as large as the input is looked at as a whole, once a frame', () => {
  for (const picture of [INPUT, { w: 320, h: 256 }, { w: 800, h: 600 }]) {
    const frames = play(picture, { fps: 25, seconds: 2 }, drone(100, 100).found);
    for (const { views } of frames) expect(views).toEqual([{ x: 0, y: 0, ...picture }]);
  }
});

test('never more looks than a fifth above the frames, nor than the budget allows', () => {
  const budget = fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined });
  fc.assert(
    fc.property(
      size,
      fc.integer({ min: 2, max: 60 }),
      budget,
      fc.nat({ max: 3 }),
      (picture, fps, viewsPerS, objects) => {
        const drones = Array.from({ length: objects }, (_, i) => drone((i * picture.w) / 3, (i * picture.h) / 4));
        const found = (timeS: number, views: readonly View[]) => drones.flatMap((one) => one.found(timeS, views));
        const frames = play(picture, { fps, seconds: 5, ...(viewsPerS ? { viewsPerS } : {}) }, found);
        const looks = frames.reduce((sum, { views }) => sum + views.length, 0);
        expect(looks).toBeLessThanOrEqual(1.2 * frames.length + 2);
        // The mean of the time between frames has to be learnt first.
        const later = frames.filter(({ timeS }) => timeS >= 2).reduce((sum, { views }) => sum + views.length, 0);
        if (viewsPerS) expect(later).toBeLessThanOrEqual(viewsPerS * 3 * 1.1 + 3);
        for (const { views } of frames) expect(views.length).toBeLessThanOrEqual(2);
      },
    ),
    { numRuns: 100 },
  );
});

test('all parts lie in the picture', () => {
  fc.assert(
    fc.property(size, fc.double({ min: 0, max: 1, noNaN: true }), (picture, at) => {
      const { found } = drone(at * (picture.w - 12), (1 - at) * (picture.h - 12));
      for (const { views } of play(picture, { fps: 25, seconds: 2 }, found)) {
        for (const { x, y, w, h } of views) {
          expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
          expect(x + w).toBeLessThanOrEqual(picture.w + 1e-6);
          expect(y + h).toBeLessThanOrEqual(picture.h + 1e-6);
        }
      }
    }),
    { numRuns: 20 },
  );
});
