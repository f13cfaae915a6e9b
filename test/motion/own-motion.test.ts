/** What moves otherwise than the picture: small drones in rendered scenes with noise, and nothing where there is none. */
import { describe, expect, test } from 'bun:test';
import { noiseOf, smallGrey } from '../../bench/motion/grey.ts';
import { greySize, type Motion, MotionWatch } from '../../motion/index.ts';
import { truthAt } from '../../sim/render/placement.ts';
import { SceneRenderer } from '../../sim/render/render.ts';
import { defaultScene, type SceneFile, toScene } from '../../sim/scene/scene-file.ts';

const SIZE = { width: 640, height: 360 };
const GREY = greySize({ w: SIZE.width, h: SIZE.height });
const FPS = 8;
/** Pictures have to be there to compare with. */
const BEGIN_S = 0.8;
/** How sizes and speeds are told: pixels of a source so wide that shows 60°. */
const PX_PER_DEG = 1920 / 60;
/** A region belongs to a drone that it is so near to, pixels of 640. */
const NEAR_PX = 6;

type Pose = { readonly panDeg: number; readonly tiltDeg: number; readonly hfovDeg: number };
const at = (pose: Partial<Pose>): Pose => ({ panDeg: 0, tiltDeg: 10, hfovDeg: 60, ...pose });
const still = () => at({});
const shaken = (timeS: number) => at({ panDeg: 0.8 * Math.sin(timeS * 40), tiltDeg: 10 + 0.6 * Math.sin(timeS * 33) });
const overCity = (timeS: number) => at({ panDeg: 0.3 * Math.sin(timeS * 27), tiltDeg: 3 + 0.2 * Math.sin(timeS * 23) });
const panned = (timeS: number) => at({ panDeg: 5 * timeS - 10 });
const zoomed = (timeS: number) => at({ hfovDeg: 60 * 0.9 ** timeS });

/** Drones that cross the picture in all directions. */
function flight(sizePx: number, speedPx: number, count = 6): SceneFile {
  const targets = Array.from({ length: count }, (_, k): SceneFile['targets'][number] => {
    const [pan, tilt] = [-18 + (36 * k) / count, 8 + 3 * (k % 4)];
    const way = (speedPx / PX_PER_DEG) * 10;
    const [right, up] = [Math.cos(2.4 * k) * way, Math.sin(2.4 * k) * way * 0.3];
    const span = sizePx / PX_PER_DEG;
    return {
      id: k,
      label: 'drone',
      repeats: false,
      path: [
        [0, pan, tilt, span],
        [10, pan + right, tilt + up, span],
      ],
    };
  });
  return { ...defaultScene(), targets };
}

interface Watched {
  /** Share of the drones of all pictures that lie in a region. */
  readonly recall: number;
  /** Regions where there is no drone, in all pictures. */
  readonly wrong: number;
  readonly motions: readonly Motion[];
}

function watch(file: SceneFile, poseAt: (timeS: number) => Pose, seconds = 2.5): Watched {
  const scene = toScene(file);
  const renderer = new SceneRenderer(scene, SIZE);
  const eye = new MotionWatch(GREY);
  const noise = noiseOf(1);
  const motions: Motion[] = [];
  let [seen, all, wrong] = [0, 0, 0];
  for (let k = 0; k < seconds * FPS; k++) {
    const pose = poseAt(k / FPS);
    const grey = smallGrey(renderer.luma(k / FPS, pose).data, SIZE, GREY, noise);
    const motion = eye.step(grey, (k * 1000) / FPS);
    if (k / FPS < BEGIN_S) continue;
    motions.push(motion);
    const truth = truthAt(scene, k / FPS, pose, SIZE);
    const touches = ({ x, y, w, h }: Motion['regions'][number], box: (typeof truth)[number]) =>
      x * SIZE.width < box.x + box.w + NEAR_PX &&
      box.x < (x + w) * SIZE.width + NEAR_PX &&
      y * SIZE.height < box.y + box.h + NEAR_PX &&
      box.y < (y + h) * SIZE.height + NEAR_PX;
    all += truth.length;
    seen += truth.filter((box) => motion.regions.some((region) => touches(region, box))).length;
    wrong += motion.regions.filter((region) => !truth.some((box) => touches(region, box))).length;
  }
  return { recall: seen / all, wrong, motions };
}

describe('small drones are seen to move, 120 px a second', () => {
  test.each<[string, (timeS: number) => Pose, sizePx: number, leastRecall: number]>([
    ['a still camera, 5 px of 1920', still, 5, 0.75],
    ['a still camera, 10 px', still, 10, 0.9],
    ['shaken, 8 px', shaken, 8, 0.7],
    ['shaken over a city, 10 px', overCity, 10, 0.75],
    ['panned, 10 px', panned, 10, 0.75],
    ['zoomed, 10 px', zoomed, 10, 0.85],
  ])('%s', (_, poseAt, sizePx, leastRecall) => {
    const { recall, wrong } = watch(flight(sizePx, 120), poseAt);
    expect(recall).toBeGreaterThan(leastRecall);
    expect(wrong).toBeLessThanOrEqual(2);
  });
});

test.each<[string, (timeS: number) => Pose]>([
  ['a still camera', still],
  ['shaken', shaken],
  ['shaken over a city', overCity],
  ['panned', panned],
  ['zoomed', zoomed],
])('where nothing moves there are no regions: %s', (_, poseAt) => {
  const { wrong, motions } = watch({ ...defaultScene(), targets: [] }, poseAt);
  expect(wrong).toBeLessThanOrEqual(1);
  expect(motions.every(({ follows }) => follows)).toBe(true);
});

describe('greys', () => {
  const SMALL = { w: 320, h: 180 };
  const paint = (level: number, left?: number) =>
    Uint8Array.from({ length: SMALL.w * SMALL.h }, (_, k) => {
      const [x, y] = [k % SMALL.w, Math.floor(k / SMALL.w)];
      const isIn = left !== undefined && x >= left && x < left + 3 && y >= 90 && y < 93;
      return isIn ? level - 60 : level;
    });

  test('what appears in an empty sky stirs at once, and is a region in the second picture', () => {
    const eye = new MotionWatch(SMALL);
    for (let k = 0; k < 10; k++) eye.step(paint(150), k * 100);
    expect(eye.step(paint(150, 40), 1000)).toMatchObject({ stirs: true, regions: [], follows: true });
    const { regions } = eye.step(paint(150, 45), 1100);
    expect(regions).toHaveLength(1);
    const { x = 0, y = 0, w = 1 } = regions[0] ?? {};
    expect([x * SMALL.w, y * SMALL.h]).toEqual([expect.closeTo(44, -0.5), expect.closeTo(89, -0.5)]);
    expect(w * SMALL.w).toBeLessThan(10);
  });

  test('a picture that is another one altogether follows nothing', () => {
    const eye = new MotionWatch(SMALL);
    const stripes = Uint8Array.from({ length: SMALL.w * SMALL.h }, (_, k) => ((k >> 4) % 2 ? 40 : 200));
    for (let k = 0; k < 10; k++) eye.step(paint(150), k * 100);
    expect(eye.step(stripes, 1000)).toMatchObject({ follows: false, regions: [] });
  });

  test('a gap in time, too', () => {
    const eye = new MotionWatch(SMALL);
    for (let k = 0; k < 10; k++) eye.step(paint(150), k * 100);
    expect(eye.step(paint(150), 5000).follows).toBe(false);
  });

  test('all of it a little brighter is nothing', () => {
    const eye = new MotionWatch(SMALL);
    for (let k = 0; k < 10; k++) eye.step(paint(150), k * 100);
    expect(eye.step(paint(162), 1000)).toMatchObject({ follows: true, stirs: false });
  });

  test('leaves that move all the time become usual, what comes by is not', () => {
    const size = { w: 160, h: 92 };
    const eye = new MotionWatch(size);
    const rustle = noiseOf(25);
    const leaves = (hasDrone: boolean) =>
      Uint8Array.from({ length: size.w * size.h }, (_, k) => {
        const [x, y] = [k % size.w, Math.floor(k / size.w)];
        if (hasDrone && x >= 100 && x < 103 && y >= 20 && y < 23) return 90;
        return x < 20 && y >= 60 ? 120 + rustle() : 150;
      });
    const stirs: boolean[] = [];
    for (let k = 0; k < 300; k++) stirs.push(eye.step(leaves(false), k * 100).stirs);
    expect(stirs.slice(10, 60).filter(Boolean).length).toBeGreaterThan(25);
    expect(stirs.slice(-100).filter(Boolean).length).toBeLessThan(10);
    expect(eye.step(leaves(true), 30_000).stirs).toBe(true);
  });
});
