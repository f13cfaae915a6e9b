/** The camera at the moment of a frame: what came before and after it, and how long that is worth anything. */
import { describe, expect, test } from 'bun:test';
import { CameraHistory } from '../../../nodes/zones/camera-history.ts';
import type { CameraNews } from '../../../runtime/node.ts';

const SETTLE_MS = 500;

/** A history of `[when, moving, pan, preset]`. */
function history(...entries: [atMs: number, moving: boolean, panDeg: number | null, preset?: string][]) {
  const camera = new CameraHistory(SETTLE_MS);
  for (const [atMs, moving, panDeg, preset = null] of entries) {
    camera.add({ atMs, moving, panDeg, tiltDeg: 10, hfovDeg: 60, preset }, atMs);
  }
  return camera;
}

test('nobody has told of a camera', () => {
  expect(history().at(1000)).toBeNull();
});

describe('motion', () => {
  const moved = history([0, false, 0, 'home'], [1000, true, 0], [2000, false, 40, 'gate']);
  test.each([
    ['at rest before it', 999, false, false, 'home'],
    ['as it begins', 1000, true, false, null],
    ['under way', 1999, true, false, null],
    ['just arrived', 2000, false, true, 'gate'],
    ['still settling', 2499, false, true, 'gate'],
    ['settled', 2500, false, false, 'gate'],
    ['for ever after', 1e9, false, false, 'gate'],
    ['before the first news: as that says', -50, false, false, 'home'],
  ] as const)('%s', (_what, atMs, isMoving, isSettling, preset) => {
    expect(moved.at(atMs)).toMatchObject({ isMoving, isSettling, preset });
  });

  test('news that repeat neither end nor renew the settling', () => {
    const repeated = history([0, true, 0], [100, true, 1], [200, false, 2], [300, false, 2], [400, false, 2]);
    expect(repeated.at(400)).toMatchObject({ isMoving: false, isSettling: true });
    expect(repeated.at(700)).toMatchObject({ isMoving: false, isSettling: false });
  });

  test('what is said later holds, also when it is said to have been earlier', () => {
    const late = history([1000, true, 0], [900, false, 5]);
    expect(late.at(1000)).toMatchObject({ isMoving: false, isSettling: true });
    expect(late.at(1500)).toMatchObject({ isMoving: false, isSettling: false, pose: { panDeg: 5 } });
  });

  test('a camera that is watched for hours keeps its latest news only, and the one before that', () => {
    const camera = history(...Array.from({ length: 5000 }, (_, n): [number, boolean, number] => [n * 100, false, n]));
    expect(camera.at(499_900)?.pose?.panDeg).toBe(4999);
    // Too long ago to be known: as the oldest that is kept.
    expect(camera.at(0)?.pose?.panDeg).toBeGreaterThan(4800);
  });
});

describe('pose', () => {
  const panAt = (camera: CameraHistory, atMs: number) => camera.at(atMs)?.pose?.panDeg;

  test('between two news that are close: on the way from one to the other, the short way round', () => {
    const moving = history([0, true, 170], [1000, true, -170]);
    expect([0, 250, 500, 999.999].map((atMs) => panAt(moving, atMs))).toEqual([
      170,
      175,
      180,
      expect.closeTo(-170, 3) as unknown as number,
    ]);
  });

  test('moving, it is worth nothing after a second; at rest it holds', () => {
    expect([500, 1000, 1001].map((atMs) => panAt(history([0, true, 7]), atMs))).toEqual([7, 7, undefined]);
    expect(panAt(history([0, false, 7]), 1e9)).toBe(7);
    // At rest until it began to move, however long that was.
    const rested = history([0, false, 7], [60_000, true, 7], [60_500, true, 17]);
    expect([59_999, 60_250].map((atMs) => panAt(rested, atMs))).toEqual([7, 12]);
    // Nothing was heard on the way: only its ends are known.
    const blind = history([0, true, 0], [5000, false, 50]);
    expect([900, 3000, 5000].map((atMs) => panAt(blind, atMs))).toEqual([0, undefined, 50]);
  });

  test.each([
    ['no pan', { panDeg: null }],
    ['no tilt', { tiltDeg: null }],
    ['no field of view', { hfovDeg: null }],
    ['a pan that is no number', { panDeg: Number.NaN }],
    ['a tilt without bounds', { tiltDeg: Number.POSITIVE_INFINITY }],
    ['a field of view of nothing', { hfovDeg: 0 }],
    ['a field of view of half the world', { hfovDeg: 180 }],
  ])('%s: not known', (_what, change) => {
    const camera = new CameraHistory(SETTLE_MS);
    const news: CameraNews = { atMs: 0, moving: false, panDeg: 1, tiltDeg: 2, hfovDeg: 3, preset: null };
    camera.add(news, 0);
    expect(camera.at(0)?.pose).toEqual({ panDeg: 1, tiltDeg: 2, hfovDeg: 3 });
    camera.add({ ...news, ...change }, 1);
    expect(camera.at(1)?.pose).toBeNull();
  });
});
