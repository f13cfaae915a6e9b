import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { pointOf, type Ray } from '../../../runtime/geometry.ts';
import { poseAt, trackBearings, viewOf } from '../../../runtime/sinks/cot/bearings.ts';
import type { Site } from '../../../schemas/site.ts';

const SITE: Site = { lat: 47.5, lon: 8.2, height_m: 430, heading_deg: 350 };
const SIZE = { w: 1920, h: 1080 };
const report = (
  ts_unix_ms: number,
  pan_deg: number | null,
  tilt_deg: number | null = 0,
  hfov_deg: number | null = 60,
) => ({
  ts_unix_ms,
  pan_deg,
  tilt_deg,
  hfov_deg,
});
const turn = (a: number, b: number) => Math.abs(((((a - b) % 360) + 540) % 360) - 180);

describe('where a camera looks', () => {
  test.each([
    ['between two reports it turns steadily', [report(0, 0), report(100, 10)], 50, { panDeg: 355 }],
    ['the short way over the seam', [report(0, 178), report(100, -178)], 50, { panDeg: 530 }],
    ['before the first it rests', [report(100, 5)], 0, { panDeg: 355 }],
    ['after the last it rests', [report(100, 5), report(200, 7)], 900, { panDeg: 357 }],
    ['at a report', [report(100, 5), report(200, 7)], 100, { panDeg: 355 }],
    ['zooming', [report(0, 0, 0, 40), report(100, 0, 0, 20)], 25, { hfovDeg: 35 }],
  ])('%s', (_name, reports, at, expected) => {
    expect(poseAt(SITE, reports, at)).toMatchObject(expected);
  });

  test('a camera that does not know where it looks has no pose', () => {
    expect(poseAt(SITE, [report(0, null)], 0)).toBeNull();
    expect(poseAt(SITE, [report(0, 0, 0, null)], 0)).toBeNull();
    expect(poseAt({ ...SITE, hfov_deg: 30 }, [report(0, 0, 0, null)], 0)).toMatchObject({ hfovDeg: 30 });
  });

  test('a camera that does not turn looks where its site says', () => {
    expect(poseAt(SITE, [], 0)).toBeNull();
    const fixed = { ...SITE, tilt_deg: 12, hfov_deg: 90 };
    expect(poseAt(fixed, [], 0)).toEqual({ panDeg: 350, tiltDeg: 12, hfovDeg: 90 });
    expect(viewOf({ panDeg: 350, tiltDeg: 12, hfovDeg: 90 }, { w: 100, h: 100 })).toMatchObject({
      azimuthDeg: 350,
      elevationDeg: 12,
      vfovDeg: expect.closeTo(90, 9),
    });
  });
});

test('the direction of a track is the one that it is in', () => {
  const angle = (from: number, to: number) => fc.double({ min: from, max: to, noNaN: true });
  fc.assert(
    fc.property(
      angle(-170, 170),
      angle(-60, 60),
      angle(5, 90),
      angle(-0.4, 0.4),
      angle(-0.4, 0.4),
      (pan, tilt, hfov, right, up) => {
        const pose = { panDeg: SITE.heading_deg + pan, tiltDeg: tilt, hfovDeg: hfov };
        // A direction in the picture, by the world and not by the function under test.
        const azimuth = pose.panDeg + right * hfov;
        const elevation = Math.max(-85, Math.min(85, tilt + up * hfov * 0.5));
        const [a, e] = [(azimuth * Math.PI) / 180, (elevation * Math.PI) / 180];
        const ray: Ray = [Math.sin(a) * Math.cos(e), Math.sin(e), Math.cos(a) * Math.cos(e)];
        const point = pointOf(ray, pose, SIZE);
        fc.pre(point !== null && point.x > 20 && point.x < 1900 && point.y > 20 && point.y < 1060);
        if (!point) return;
        const bbox = { x: point.x / SIZE.w - 0.005, y: point.y / SIZE.h - 0.005, w: 0.01, h: 0.01 };
        const tracks = [{ id: 7, label: 'drone', conf: 0.9, bbox }];
        const [bearing] = trackBearings(pose, { frame_size: SIZE, tracks });
        expect(turn(bearing?.azimuthDeg ?? 999, azimuth)).toBeLessThan(1e-6);
        expect(bearing?.elevationDeg).toBeCloseTo(elevation, 6);
        expect(bearing?.azimuthDeg).toBeWithin(0, 360);
      },
    ),
  );
});
