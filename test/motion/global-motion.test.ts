import { describe, expect, test } from 'bun:test';
import { GlobalMotion, greySize, type Moved } from '../../motion/index.ts';
import { pxPerDeg } from '../../sim/render/projection.ts';
import { SceneRenderer } from '../../sim/render/render.ts';
import { defaultScene, type SceneFile, toScene } from '../../sim/scene/scene-file.ts';
import { noiseOf, smallGrey } from './grey.ts';

const SIZE = { width: 640, height: 360 };
const GREY = greySize({ w: SIZE.width, h: SIZE.height });
const FPS = 15;

interface Pose {
  readonly panDeg: number;
  readonly tiltDeg: number;
  readonly hfovDeg: number;
}
const at = (pose: Partial<Pose>): Pose => ({ panDeg: 0, tiltDeg: 10, hfovDeg: 60, ...pose });

interface Seen {
  readonly moved: Moved | null;
  /** Pixels of the source, and by what lengths have really grown. */
  readonly truth: { readonly right: number; readonly down: number; readonly scale: number };
}

function watch(poseAt: (timeS: number) => Pose, { seconds = 1.2, noise = 0, scene = defaultScene() } = {}): Seen[] {
  const renderer = new SceneRenderer(toScene(scene), SIZE);
  const motion = new GlobalMotion(GREY);
  const makeNoise = noiseOf(noise);
  const seen: Seen[] = [];
  for (let k = 0; k < seconds * FPS; k++) {
    const [now, before] = [poseAt(k / FPS), poseAt((k - 1) / FPS)];
    const moved = motion.step(smallGrey(renderer.render(k / FPS, now).planes.y.data, SIZE, GREY, makeNoise));
    const px = pxPerDeg(now, SIZE);
    const truth = {
      right: (before.panDeg - now.panDeg) * px,
      down: (now.tiltDeg - before.tiltDeg) * px,
      scale: px / pxPerDeg(before, SIZE),
    };
    if (k > 0) seen.push({ moved, truth });
  }
  return seen;
}

function errorsOf(seen: readonly Seen[]) {
  const known = seen.flatMap(({ moved, truth }) => (moved ? [{ moved, truth }] : []));
  const rms = (errors: readonly number[]) => Math.sqrt(errors.reduce((sum, e) => sum + e * e, 0) / errors.length);
  return {
    known: known.length / seen.length,
    px: rms(
      known.flatMap(({ moved, truth }) => [
        moved.right * SIZE.width - truth.right,
        moved.down * SIZE.width - truth.down,
      ]),
    ),
    scale: rms(known.map(({ moved, truth }) => moved.scale - truth.scale)),
  };
}

const sway = (timeS: number) => ({ panDeg: 0.8 * Math.sin(timeS * 40), tiltDeg: 10 + 0.6 * Math.sin(timeS * 33) });

const overCity = (timeS: number) => ({
  panDeg: 0.3 * Math.sin(timeS * 27),
  tiltDeg: 3 + 0.2 * Math.sin(timeS * 23),
});

describe('it sees how the camera moves, within half a pixel of a source of 640', () => {
  test.each<[string, (timeS: number) => Pose, number]>([
    ['at rest', () => at({}), 0],
    ['a slow pan', (timeS) => at({ panDeg: 2 * timeS }), 0],
    ['a pan', (timeS) => at({ panDeg: 20 * timeS }), 0],
    ['a fast pan', (timeS) => at({ panDeg: 83 * timeS - 60 }), 0],
    ['a pan with noise', (timeS) => at({ panDeg: -20 * timeS }), 3],
    ['a tilt', (timeS) => at({ tiltDeg: 4 + 5 * timeS }), 0],
    ['a zoom', (timeS) => at({ hfovDeg: 60 * 0.8 ** timeS }), 0],
    ['a fast zoom, past a target that fills the picture', (timeS) => at({ hfovDeg: 60 * 0.5 ** timeS }), 0],
    ['a zoom out, with noise', (timeS) => at({ hfovDeg: 30 * 2 ** timeS }), 3],
    ['a pan that zooms', (timeS) => at({ panDeg: 15 * timeS, hfovDeg: 50 * 0.6 ** timeS }), 1],
    ['shaken a little, over a city', (timeS) => at(overCity(timeS)), 2],
    ['shaken, zoomed in', (timeS) => at({ ...sway(timeS), hfovDeg: 20 }), 1],
    [
      'pan, tilt and zoom at once',
      (timeS) => at({ panDeg: 6 * timeS, tiltDeg: 8 - timeS, hfovDeg: 60 - 6 * timeS }),
      1,
    ],
    ['shaken', (timeS) => at(sway(timeS)), 0],
    ['shaken, with noise', (timeS) => at(sway(timeS)), 3],
    ['clouds only', (timeS) => at({ panDeg: 10 * timeS, tiltDeg: 40 }), 0],
  ])('%s', (_name, poseAt, noise) => {
    const { known, px, scale } = errorsOf(watch(poseAt, { noise }));
    expect(known).toBeGreaterThan(0.95);
    expect(px).toBeLessThan(0.5);
    expect(scale).toBeLessThan(0.003);
  });
});

describe('what it cannot know, it does not say', () => {
  const grey = (paint: (x: number, y: number) => number) =>
    Uint8Array.from({ length: GREY.w * GREY.h }, (_, k) => paint(k % GREY.w, Math.floor(k / GREY.w)));
  const after = (...pictures: Uint8Array[]) => {
    const motion = new GlobalMotion(GREY);
    return pictures.map((picture) => motion.step(picture)).at(-1);
  };

  test('nothing before the second picture', () => {
    expect(after(grey((x, y) => (x * 7 + y * 13) % 200))).toBeNull();
  });

  test('an empty sky, grey or shaded', () => {
    expect(
      after(
        grey(() => 120),
        grey(() => 120),
      ),
    ).toBeNull();
    expect(
      after(
        grey((_, y) => 120 + y / 4),
        grey((_, y) => 121 + y / 4),
      ),
    ).toBeNull();
  });

  test('noise', () => {
    const noise = noiseOf(6);
    const sky = () => grey(() => Math.round(120 + noise()));
    for (let k = 0; k < 20; k++) expect(after(sky(), sky())).toBeNull();
  });

  test('one object in an empty sky is no picture that moves', () => {
    const object = (left: number) =>
      grey((x, y) => (inside(x - left, y - 40) ? 40 + (((x - left) * 37 + y * 53) % 90) : 120));
    const inside = (x: number, y: number) => x >= 0 && x < 32 && y >= 0 && y < 14;
    expect(after(object(60), object(62))).toBeNull();
  });

  test('a cut to another scene', () => {
    const look = (seed: number) => new SceneRenderer(toScene({ ...defaultScene(), seed }), SIZE).render(0, at({}));
    const [one, other] = [look(3), look(11)].map(({ planes }) => smallGrey(planes.y.data, SIZE, GREY));
    expect(after(one ?? grey(() => 0), other ?? grey(() => 0))?.confidence ?? 0).toBeLessThan(0.7);
  });
});

test('a target that fills a quarter of the picture and moves does not count for the picture', () => {
  const large: SceneFile = {
    ...defaultScene(),
    targets: [
      {
        id: 1,
        label: 'drone',
        path: [
          [0, -10, 12, 22],
          [3, 20, 6, 22],
        ],
        repeats: false,
      },
    ],
  };
  const { known, px } = errorsOf(watch((timeS) => at({ panDeg: 4 * timeS }), { scene: large }));
  expect(known).toBeGreaterThan(0.95);
  expect(px).toBeLessThan(0.5);
});

test.each([
  [1920, 1080],
  [640, 512],
  [704, 576],
  [1080, 1920],
  [5120, 960],
])('a source of %i×%i', (w, h) => {
  const size = greySize({ w, h });
  const motion = new GlobalMotion(size);
  const textured = (right: number) =>
    Uint8Array.from({ length: size.w * size.h }, (_, k) => {
      const [x, y] = [(k % size.w) - right, Math.floor(k / size.w)];
      return 120 + 50 * Math.sin(x / 5 + 2 * Math.sin(y / 9)) + 40 * Math.cos(y / 6 + Math.sin(x / 11));
    });
  motion.step(textured(0));
  const moved = motion.step(textured(3));
  expect((moved?.right ?? 0) * size.w).toBeCloseTo(3, 1);
  expect((moved?.down ?? 1) * size.w).toBeCloseTo(0, 1);
});
