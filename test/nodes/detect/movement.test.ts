/** What moves, and what only seems to: a thing of a few pixels starts no track until it was seen elsewhere. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Targets, trusted } from '../../../nodes/detect/fovea-targets.ts';
import { trackOptions } from '../../../nodes/track/options.ts';

const PICTURE = { w: 1920, h: 1080 };
const VIEW = { box: { x: 0, y: 0, ...PICTURE }, scale: 0.5 };
const STARTS = trackOptions.properties.new_track_confidence.default;
const FPS = 25;

type Place = readonly [x: number, y: number];

/** The sighting from which on a sure thing, seen at these places one frame after the other, may start a track; -1: none. */
function startsAt(places: readonly Place[], sidePx = 4): number {
  const targets = new Targets();
  return places.findIndex(([x, y], k) => {
    const one = { bboxPx: { x, y, w: sidePx, h: sidePx * 0.8 }, confidence: 0.85, isCut: false };
    const target = targets.see([one], [VIEW], PICTURE, k / FPS).get(one);
    return target !== undefined && trusted(one.confidence, target) >= STARTS;
  });
}

const times = (count: number, place: (k: number) => Place) => Array.from({ length: count }, (_, k) => place(k));

describe('a thing of four pixels', () => {
  const cases: readonly { name: string; places: readonly Place[]; at: number }[] = [
    { name: 'stands still for ten seconds', places: times(250, () => [500, 400]), at: -1 },
    { name: 'hovers: two pixels in a second', places: times(50, (k) => [500 + 0.08 * k, 400]), at: 15 },
    { name: 'flies: three pixels a frame', places: times(9, (k) => [500, 400 + 3 * k]), at: 2 },
    { name: 'is fast: forty pixels a frame', places: times(9, (k) => [500 + 40 * k, 400]), at: 3 },
    { name: 'stands, and leaves', places: times(60, (k) => [500 + Math.max(0, k - 49), 400]), at: 51 },
    { name: 'was once seen beside itself', places: times(60, (k) => [k === 9 ? 502 : 500, 400]), at: -1 },
    { name: 'is mistaken for another still thing', places: times(60, (k) => [k < 20 ? 500 : 515, 400]), at: -1 },
    { name: 'is now one still thing, now another', places: times(60, (k) => [k % 2 ? 500 : 515, 400]), at: -1 },
  ];
  for (const { name, places, at } of cases) {
    test(`${name}: ${at < 0 ? 'no track' : `a track from sighting ${at + 1} on`}`, () => {
      expect(startsAt(places)).toBe(at);
    });
  }

  test('larger things need not move', () => {
    expect(
      startsAt(
        times(9, () => [500, 400]),
        6,
      ),
    ).toBe(1);
  });

  /** Seen within a tenth of its side around where it is. */
  const jitter = fc.array(
    fc.tuple(fc.double({ min: 0, max: 0.4, noNaN: true }), fc.double({ min: 0, max: 6.3, noNaN: true })),
    {
      minLength: 300,
      maxLength: 300,
    },
  );
  const off = ([r, angle]: readonly [number, number] = [0, 0]): Place => [r * Math.cos(angle), r * Math.sin(angle)];

  test('what stands is seen a tenth of its side around its place, however long: no track', () => {
    fc.assert(
      fc.property(jitter, (seen) => {
        const places = seen.map((one): Place => [500 + off(one)[0], 400 + off(one)[1]]);
        expect(startsAt(places)).toBe(-1);
      }),
    );
  });

  test('what drifts, at whatever speed and as unsteadily seen, may start a track once it has gone three quarters of its side', () => {
    fc.assert(
      fc.property(jitter, fc.double({ min: 0.02, max: 1, noNaN: true }), (seen, pxPerFrame) => {
        const places = seen.map((one, k): Place => [500 + pxPerFrame * k + off(one)[0], 400 + off(one)[1]]);
        const at = startsAt(places);
        expect(at).toBeGreaterThan(0);
        expect(at).toBeLessThanOrEqual(Math.ceil(3 / pxPerFrame) + 2);
      }),
    );
  });

  test('what stands is looked at twice a second from its second second on, and every frame once it leaves', () => {
    const targets = new Targets();
    const looksS: number[] = [];
    let startedS = Number.NaN;
    for (let k = 0; k < 8 * FPS; k++) {
      const timeS = k / FPS;
      if (k > 0 && targets.dueAt(timeS).length === 0) continue;
      looksS.push(timeS);
      const one = {
        bboxPx: { x: 500 + 10 * Math.max(0, timeS - 6), y: 400, w: 4, h: 3 },
        confidence: 0.85,
        isCut: false,
      };
      targets.note([VIEW], timeS);
      const target = targets.see([one], [VIEW], PICTURE, timeS).get(one);
      if (target && trusted(one.confidence, target) >= STARTS && !(startedS > 0)) startedS = timeS;
    }
    const between = (fromS: number, toS: number) => looksS.filter((atS) => atS >= fromS && atS < toS).length;
    expect(between(0, 1)).toBe(FPS);
    expect(between(2, 6)).toBeWithin(7, 10);
    expect(startedS).toBeWithin(6, 6.7);
    expect(between(7, 8)).toBe(FPS);
  });
});
