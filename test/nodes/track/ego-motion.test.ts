/** The camera's own motion taken out of the picture, so that a turning camera does not lose what it looks at. */
import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import fc from 'fast-check';
import { ByteTrack } from '../../../nodes/track/byte-track.ts';
import { EgoMotion, motionBetween } from '../../../nodes/track/ego-motion.ts';
import { trackOptions } from '../../../nodes/track/options.ts';
import type { CameraNews, Detection } from '../../../runtime/node.ts';

const SIZE = { w: 640, h: 360 };
const MIDDLE = { x: 320, y: 180 };
const WIDE = { panDeg: 0, tiltDeg: 0, hfovDeg: 60 };
/** Pixels of a 60° wide lens at distance 1. */
const FOCAL = 320 / Math.tan(Math.PI / 6);

function news(atMs: number, panDeg: number, tiltDeg = 0, hfovDeg = 60, origin = 0): CameraNews {
  const absolute = { panDeg: null, tiltDeg: null, hfovDeg };
  return { atMs, moving: true, preset: null, ...absolute, reckoned: { panDeg, tiltDeg, hfovDeg, origin } };
}

describe('from one pose to the next', () => {
  test.each([
    ['right', { panDeg: 10 }, { x: 320 - FOCAL * Math.tan(Math.PI / 18), y: 180 }],
    ['left', { panDeg: -10 }, { x: 320 + FOCAL * Math.tan(Math.PI / 18), y: 180 }],
    ['up', { tiltDeg: 5 }, { x: 320, y: 180 + FOCAL * Math.tan(Math.PI / 36) }],
  ])('turned %s, what was in the middle goes the other way', (_way, turn, expected) => {
    const motion = motionBetween(WIDE, { ...WIDE, ...turn }, SIZE);
    const moved = motion?.move(MIDDLE);
    expect(moved?.x).toBeCloseTo(expected.x, 6);
    expect(moved?.y).toBeCloseTo(expected.y, 6);
    expect(motion?.scale).toBeCloseTo(1, 9);
  });

  test('zoomed in twice, the middle stays and all else goes outwards', () => {
    const tele = { ...WIDE, hfovDeg: (2 * Math.atan(Math.tan(Math.PI / 6) / 2) * 180) / Math.PI };
    const motion = motionBetween(WIDE, tele, SIZE);
    expect(motion?.scale).toBeCloseTo(2, 9);
    expect(motion?.move(MIDDLE)?.x).toBeCloseTo(320, 9);
    expect(motion?.move({ x: 400, y: 200 })?.x).toBeCloseTo(480, 6);
    expect(motion?.move({ x: 400, y: 200 })?.y).toBeCloseTo(220, 6);
  });

  test('not moved: none', () => {
    expect(motionBetween(WIDE, WIDE, SIZE)).toBe(null);
    expect(motionBetween(WIDE, { ...WIDE, panDeg: 0.001 }, SIZE)).toBe(null);
  });

  test('behind the camera: nowhere', () => {
    expect(motionBetween(WIDE, { ...WIDE, panDeg: 170 }, SIZE)?.move(MIDDLE)).toBe(null);
  });

  test('there and back is where it was; what stands still drifts by its way a second', () => {
    const angle = (most: number) => fc.double({ min: -most, max: most, noNaN: true });
    const pose = fc.record({
      panDeg: angle(20),
      tiltDeg: angle(60),
      hfovDeg: fc.double({ min: 5, max: 80, noNaN: true }),
    });
    const point = fc.record({ x: fc.integer({ min: 0, max: 640 }), y: fc.integer({ min: 0, max: 360 }) });
    fc.assert(
      fc.property(pose, pose, point, (a, b, place) => {
        const there = motionBetween(a, b, SIZE);
        const back = motionBetween(b, a, SIZE);
        const moved = there?.move(place);
        if (!there || !back || !moved || Math.hypot(moved.x, moved.y) > 5000) return;
        const again = back.move(moved);
        expect(again?.x).toBeCloseTo(place.x, 4);
        expect(again?.y).toBeCloseTo(place.y, 4);
        expect(there.drift(moved, 0.5).x).toBeCloseTo((moved.x - place.x) / 0.5, 3);
      }),
    );
  });
});

describe('from the news on the board', () => {
  test('the pose of a frame lies between those before and after it', () => {
    const camera = new EgoMotion();
    expect(camera.step(0, SIZE)).toBe(null);
    for (const ms of [0, 50, 100, 150, 200]) camera.add(news(ms, ms / 10));
    camera.step(20, SIZE);
    // From 2° to 12°: as far as from 0° to 10°.
    const moved = camera.step(120, SIZE)?.move({ x: 320 + FOCAL * Math.tan((5 * Math.PI) / 180), y: 180 });
    expect(moved?.x).toBeCloseTo(320 - FOCAL * Math.tan((5 * Math.PI) / 180), 6);
  });

  test('nothing is known of a camera that nobody tells of, or not any more', () => {
    const camera = new EgoMotion();
    camera.add({ ...news(0, 0), reckoned: undefined } as unknown as CameraNews);
    expect([camera.step(0, SIZE), camera.step(100, SIZE)]).toEqual([null, null]);
    camera.add(news(200, 0));
    camera.add(news(250, 9));
    camera.step(200, SIZE);
    expect(camera.step(250, SIZE)).not.toBe(null);
    expect(camera.step(5000, SIZE)).toBe(null);
  });

  test('poses reckoned from another start say nothing of the motion in between', () => {
    const camera = new EgoMotion();
    camera.add(news(0, 40));
    camera.add(news(50, 41));
    camera.step(50, SIZE);
    camera.add(news(100, 0, 0, 60, 1));
    expect(camera.step(100, SIZE)).toBe(null);
    camera.add(news(150, 1, 0, 60, 1));
    expect(camera.step(150, SIZE)).not.toBe(null);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('a pose that is none (%p) is not taken', (panDeg) => {
    const camera = new EgoMotion();
    camera.add(news(0, 0));
    camera.add(news(100, panDeg));
    expect([camera.step(0, SIZE), camera.step(100, SIZE)]).toEqual([null, null]);
  });
});

describe('tracks under a turning camera', () => {
  const drone = (x: number, y = 180, size = 20): Detection => ({
    bboxPx: { x: x - size / 2, y: y - size / 2, w: size, h: size },
    confidence: 0.9,
    label: 'drone',
  });
  /** A drone that hangs in the air while the camera turns by so much in each of ten frames. */
  function follow(stepDeg: number, believedDeg: number | null) {
    const tracker = new ByteTrack(Value.Create(trackOptions));
    const seen = Array.from({ length: 10 }, (_, k) => {
      const angle = ((-12 + 24 * 0.5 - stepDeg * (k - 4.5)) * Math.PI) / 180;
      const pose = { ...WIDE, panDeg: (believedDeg ?? 0) * k };
      const motion =
        believedDeg === null || k === 0 ? null : motionBetween({ ...pose, panDeg: believedDeg * (k - 1) }, pose, SIZE);
      const { tracks } = tracker.step(k / 10, [drone(320 + FOCAL * Math.tan(angle))], { widthPx: 640, motion });
      return tracks;
    });
    return { ids: seen.map((tracks) => tracks.map(({ id }) => id).join()), last: seen.at(-1)?.[0] };
  }

  test('keep their ids where the motion is known, and did not where it was not', () => {
    expect(follow(5, 5).ids).toEqual(Array(10).fill('1'));
    expect(follow(5, null).ids).toEqual(['1', ...Array(9).fill('')]);
  });

  test.each([4, 6])('also where it is known to a fifth only (%d° for 5°)', (believedDeg) => {
    expect(follow(5, believedDeg).ids).toEqual(Array(10).fill('1'));
  });

  test('the velocity that is published is that in the picture: the camera’s share included', () => {
    const { last } = follow(2, 2);
    // At the middle of a 60° lens 20° a second are about 193 pixels.
    expect(last?.velocityPxPerS.x).toBeLessThan(-180);
    expect(last?.velocityPxPerS.x).toBeGreaterThan(-230);
  });

  test('a box grows with the zoom', () => {
    const tracker = new ByteTrack(Value.Create(trackOptions));
    tracker.step(0, [drone(320)], { widthPx: 640 });
    tracker.step(0.1, [drone(320)], { widthPx: 640 });
    const motion = motionBetween(WIDE, { ...WIDE, hfovDeg: 24 }, SIZE);
    const { tracks } = tracker.step(0.2, [drone(320, 180, 54)], { widthPx: 640, motion });
    expect(tracks[0]?.id).toBe(1);
    expect(tracks[0]?.bboxPx.w).toBeCloseTo(54, 0);
  });
});
