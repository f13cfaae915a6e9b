/** Outlines, distances to them, and directions: by table where the answer is known, by an independent way where not. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { distanceDeg } from '../../../nodes/zones/direction.ts';
import { outlineFault, type Polygon, signedDistance } from '../../../nodes/zones/polygon.ts';
import { angleOf, directionOf, type Pose, wrapDeg } from '../../../runtime/geometry.ts';

const polygon = (...corners: [number, number][]): Polygon => corners.map(([x, y]) => ({ x, y }));
const ALIKE = { x: 1, y: 1 };
const SIZE = { w: 640, h: 360 };
const RAD = Math.PI / 180;

describe('distance to an outline', () => {
  const square = polygon([0, 0], [4, 0], [4, 4], [0, 4]);
  /** A U: the notch from (1,1) up is outside. */
  const notched = polygon([0, 0], [3, 0], [3, 3], [2, 3], [2, 1], [1, 1], [1, 3], [0, 3]);
  test.each([
    ['in the middle', square, [2, 2], -2],
    ['near an edge', square, [3.5, 2], -0.5],
    ['on an edge', square, [4, 2], 0],
    ['on a corner', square, [0, 0], 0],
    ['beyond an edge', square, [6, 2], 2],
    ['beyond a corner', square, [7, 8], 5],
    ['level with a corner', square, [-1, 4], 1],
    ['in the notch of a concave one', notched, [1.5, 2], 0.5],
    ['in its leg', notched, [0.5, 2], -0.5],
    ['below its notch', notched, [1.5, 0.75], -0.25],
  ] as const)('%s', (_where, outline, [x, y], distance) => {
    expect(signedDistance(outline, { x, y }, ALIKE)).toBeCloseTo(distance, 12);
    expect(signedDistance(outline.toReversed(), { x, y }, ALIKE)).toBeCloseTo(distance, 12);
  });

  test('in the units of the scale', () => {
    const share = polygon([0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]);
    expect(signedDistance(share, { x: 0.85, y: 0.5 }, { x: 640, y: 360 })).toBeCloseTo(64, 9);
    expect(signedDistance(share, { x: 0.5, y: 0.85 }, { x: 640, y: 360 })).toBeCloseTo(36, 9);
    expect(signedDistance(share, { x: 0.85, y: 0.5 }, { x: 0, y: 360 })).toBeCloseTo(0, 9);
  });
});

describe('outlines', () => {
  test.each([
    ['a triangle', polygon([0, 0], [1, 0], [0, 1]), undefined],
    ['a concave one', polygon([0, 0], [1, 0], [0.2, 0.2], [0, 1]), undefined],
    ['a corner on a straight line', polygon([0, 0], [0.5, 0], [1, 0], [1, 1]), undefined],
    ['a bow tie', polygon([0, 0], [1, 1], [1, 0], [0, 1]), 'the edges that begin at corners 1 and 3 meet'],
    ['a corner twice', polygon([0, 0], [1, 0], [1, 0], [0, 1]), 'corner 2 is there twice'],
    ['closed by hand', polygon([0, 0], [1, 0], [0, 1], [0, 0]), 'corner 4 is there twice'],
    ['no area', polygon([0, 0], [1, 0], [0.5, 0]), 'the edges that begin at corners 1 and 2 meet'],
    ['a spike', polygon([0, 0], [2, 0], [1, 0], [1, 1]), 'the edges that begin at corners 1 and 2 meet'],
    [
      'a spike at the first corner',
      polygon([2, 0], [1, 0], [1, 1], [0, 1], [0, 0]),
      'the edges that begin at corners 1 and 5 meet',
    ],
    [
      'a corner that touches another edge',
      polygon([0, 0], [2, 0], [2, 2], [1, 0], [0, 2]),
      'the edges that begin at corners 1 and 3 meet',
    ],
  ] as const)('%s', (_what, outline, fault) => {
    expect(outlineFault(outline)).toBe(fault);
  });

  test('property: corners by angle around a middle make a simple outline, and the middle is inside', () => {
    const radii = fc.array(fc.double({ min: 0.1, max: 1, noNaN: true }), { minLength: 4, maxLength: 12 });
    fc.assert(
      fc.property(radii, (lengths) => {
        const star = lengths.map((length, i) => {
          const angle = (2 * Math.PI * i) / lengths.length;
          return { x: length * Math.cos(angle), y: length * Math.sin(angle) };
        });
        expect(outlineFault(star)).toBeUndefined();
        expect(signedDistance(star, { x: 0, y: 0 }, ALIKE)).toBeLessThan(0);
        expect(signedDistance(star, { x: 1.01, y: 0.2 }, ALIKE)).toBeGreaterThan(0);
      }),
    );
  });
});

describe('directions', () => {
  const pose = (panDeg: number, tiltDeg: number, hfovDeg = 60): Pose => ({ panDeg, tiltDeg, hfovDeg });
  const middle = { x: 320, y: 180 };
  /** Above the middle by this angle, for a picture 60° wide. */
  const above = (deg: number) => ({ x: 320, y: 180 - (320 / Math.tan(30 * RAD)) * Math.tan(deg * RAD) });
  test.each([
    ['the middle is where it looks', pose(12, -7), middle, [12, -7]],
    ['the right edge is half the field of view away', pose(10, 0), { x: 640, y: 180 }, [40, 0]],
    ['the left edge, across the seam', pose(-170, 0), { x: 0, y: 180 }, [160, 0]],
    ['pans of more than a turn', pose(530, 0), middle, [170, 0]],
    ['up', pose(0, 20), above(15), [0, 35]],
    ['straight up', pose(33, 80), above(10), [expect.any(Number), 90]],
    ['beyond the zenith it looks back', pose(30, 80), above(15), [-150, 85]],
    ['a head that has tilted over', pose(30, 100), middle, [-150, 80]],
    ['beside the zenith, a small step in the picture is a large one in pan', pose(0, 90), { x: 640, y: 180 }, [90, 60]],
  ] as const)('%s', (_what, from, point, [pan, tilt]) => {
    const { panDeg, tiltDeg } = directionOf(from, SIZE, point);
    expect(tiltDeg).toBeCloseTo(tilt, 9);
    if (typeof pan === 'number') expect(wrapDeg(panDeg)).toBeCloseTo(pan, 9);
  });

  test('property: the direction, seen by the camera, is where it came from', () => {
    const any = fc.record({
      pan: fc.double({ min: -180, max: 180, noNaN: true }),
      tilt: fc.double({ min: -90, max: 90, noNaN: true }),
      hfov: fc.double({ min: 1, max: 150, noNaN: true }),
      x: fc.double({ min: 0, max: 640, noNaN: true }),
      y: fc.double({ min: 0, max: 360, noNaN: true }),
    });
    fc.assert(
      fc.property(any, ({ pan, tilt, hfov, x, y }) => {
        const seen = project(pose(pan, tilt, hfov), directionOf(pose(pan, tilt, hfov), SIZE, { x, y }));
        expect(Math.hypot(seen.x - x, seen.y - y)).toBeLessThan(1e-4);
      }),
      { numRuns: 500 },
    );
  });

  test('wrapping', () => {
    expect([0, 180, -180, 181, 540, -541, 720].map(wrapDeg)).toEqual([0, 180, 180, -179, 180, 179, 0]);
  });

  test('the angle of a length', () => {
    expect(angleOf(60, 1)).toBeCloseTo(60, 9);
    expect(angleOf(10, 0.1)).toBeCloseTo(1.0023, 3);
  });
});

describe('zones of directions', () => {
  const at = (panDeg: number, tiltDeg: number) => ({ panDeg, tiltDeg });
  const box = polygon([170, 0], [190, 0], [190, 20], [170, 20]);
  const allAround = polygon([-180, 10], [180, 10], [180, 90], [-180, 90]);
  test.each([
    ['across the seam, from the left', box, at(175, 10), -5 * Math.cos(10 * RAD)],
    ['across the seam, from the right', box, at(-175, 10), -5 * Math.cos(10 * RAD)],
    ['on the seam', box, at(180, 1), -1],
    ['beside it', box, at(-165, 10), 5 * Math.cos(10 * RAD)],
    ['on the other side', box, at(0, -10), 10 + 160],
    ['all around: above', allAround, at(123, 30), -20],
    ['all around: at its own seam', allAround, at(180, 50), 0],
    ['all around: below', allAround, at(-77, 5), 5],
    ['all around: the zenith', allAround, at(42, 90), 0],
    ['the zenith is at no pan', polygon([0, 80], [10, 80], [10, 90], [0, 90]), at(180, 90), 0],
    ['near the zenith, degrees of pan are short', polygon([0, 80], [10, 80], [10, 90], [0, 90]), at(20, 89), 0.1745],
  ] as const)('%s', (_where, outline, direction, distance) => {
    const got = distanceDeg(outline, direction);
    if (distance > 100) expect(got).toBeGreaterThan(100);
    else expect(got).toBeCloseTo(distance, 3);
  });

  test('property: turning the whole world changes nothing', () => {
    const degrees = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    fc.assert(
      fc.property(
        degrees(-180, 180),
        degrees(-89, 89),
        degrees(-360, 360),
        fc.integer({ min: -1, max: 1 }),
        (pan, tilt, by, turns) => {
          const turned = box.map(({ x, y }) => ({ x: x + by + 360 * turns, y }));
          const there = distanceDeg(turned, at(wrapDeg(pan + by), tilt));
          expect(there).toBeCloseTo(distanceDeg(box, at(pan, tilt)), 6);
        },
      ),
    );
  });
});

/** Another way round: the direction's vector, measured along the axes of the camera. */
function project(camera: Pose, { panDeg, tiltDeg }: { panDeg: number; tiltDeg: number }) {
  const vector = (pan: number, tilt: number) => [
    Math.cos(tilt * RAD) * Math.sin(pan * RAD),
    Math.sin(tilt * RAD),
    Math.cos(tilt * RAD) * Math.cos(pan * RAD),
  ];
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
  const ray = vector(panDeg, tiltDeg);
  const ahead = dot(ray, vector(camera.panDeg, camera.tiltDeg));
  const up = dot(ray, vector(camera.panDeg, camera.tiltDeg + 90));
  const right = dot(ray, vector(camera.panDeg + 90, 0));
  const focal = SIZE.w / 2 / Math.tan((camera.hfovDeg / 2) * RAD);
  return { x: SIZE.w / 2 + (focal * right) / ahead, y: SIZE.h / 2 - (focal * up) / ahead };
}
