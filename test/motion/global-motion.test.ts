import { describe, expect, test } from 'bun:test';
import { noiseOf, smallGrey } from '../../bench/motion/grey.ts';
import { at, CAMERAS, errorsOf, film, GREY, SIZE } from '../../bench/motion/whole.ts';
import { GlobalMotion, greySize } from '../../motion/index.ts';
import { SceneRenderer } from '../../sim/render/render.ts';
import { defaultScene, type SceneFile, toScene } from '../../sim/scene/scene-file.ts';

describe('it sees how the camera moves, within half a pixel of a source of 640', () => {
  test.each(CAMERAS)('%s', (_name, motion, noise) => {
    const { known, px, scale } = errorsOf(film(motion, { noise }));
    expect(known).toBeGreaterThan(0.9);
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
    const look = (seed: number) => new SceneRenderer(toScene({ ...defaultScene(), seed }), SIZE).luma(0, at({}));
    const [one, other] = [look(3), look(11)].map(({ data }) => smallGrey(data, SIZE, GREY));
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
  const { known, px } = errorsOf(film((timeS) => at({ panDeg: 4 * timeS }), { scene: large }));
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
