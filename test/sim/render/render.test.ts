import { beforeAll, describe, expect, test } from 'bun:test';
import { Film, type FilmedScene, skyPanScene, skyScene } from '../../../fixtures/scenes.ts';
import type { TruthObject } from '../../../sim/render/placement.ts';
import { makePicture, type Picture } from '../../../sim/render/render.ts';
import type { CameraPose } from '../../../sim/scene/scene.ts';

const SIZE = { width: 640, height: 360 };
/** One pixel is 0.1°. */
const CAMERA: CameraPose = { panDeg: 0, tiltDeg: 12, hfovDeg: 64 };

let sky: Film;
let films: (readonly [film: Film, background: Film])[];
beforeAll(() => {
  sky = new Film(skyScene, SIZE);
  films = [skyScene, skyPanScene].map((scene) => [new Film(scene, SIZE), new Film({ ...scene, objects: [] }, SIZE)]);
});

describe('the same picture', () => {
  test('comes from another renderer of the same scene', () => {
    const again = new Film(skyScene, SIZE);
    for (const timeS of [0, 3.32, 11.9]) expect(hash(again.render(timeS))).toBe(hash(sky.render(timeS)));
  });

  test('comes whatever was rendered before, and into a used picture', () => {
    const fresh = hash(sky.render(5));
    const used = makePicture(SIZE);
    sky.render(9, { into: used });
    expect(sky.render(5, { into: used })).toBe(used);
    expect(hash(used)).toBe(fresh);
  });

  test('does not come from another seed, time or camera', () => {
    const other = new Film({ ...skyScene, seed: skyScene.seed + 1 }, SIZE);
    const pictures = [
      sky.render(5),
      other.render(5),
      sky.render(5.04),
      sky.render(5, { camera: { ...CAMERA, panDeg: 0.01 } }),
    ];
    expect(new Set(pictures.map(hash)).size).toBe(pictures.length);
  });
});

describe('the truth', () => {
  const moments = [0.4, 2.5, 5, 7.4, 9.96];

  test.each(moments)('bounds what is drawn, at %p s', (timeS) => {
    for (const [film, background] of films) {
      const boxes = film.truth(timeS);
      const stray = changedPixels(film, background, timeS).filter(
        ({ x, y }) => !boxes.some((box) => isInside(box, x, y, 1)),
      );
      expect(stray).toEqual([]);
    }
  });

  test.each(moments)('is filled by what is drawn, at %p s', (timeS) => {
    for (const [film, background] of films) {
      const changed = changedPixels(film, background, timeS);
      for (const box of film.truth(timeS)) {
        const own = changed.filter(({ x, y }) => isInside(box, x, y, 1));
        const xs = own.map(({ x }) => x);
        const ys = own.map(({ y }) => y);
        expect(Math.abs(Math.min(...xs) - box.x)).toBeLessThan(1.5);
        expect(Math.abs(Math.max(...xs) + 1 - box.x - box.w)).toBeLessThan(1.5);
        expect(Math.abs(Math.min(...ys) - box.y)).toBeLessThan(1.5);
        expect(Math.abs(Math.max(...ys) + 1 - box.y - box.h)).toBeLessThan(1.5);
      }
    }
  });

  test('moves by fractions of a pixel, and the picture with it', () => {
    const before = sky.truth(5)[0];
    const after = sky.truth(5.002)[0];
    expect(Math.abs((after?.x ?? 0) - (before?.x ?? 0))).toBeWithin(0.001, 0.2);
    expect(hash(sky.render(5.002))).not.toBe(hash(sky.render(5)));
  });

  test('is cut off at the edge of the picture and says how much is left', () => {
    const [whole] = sky.truth(5, CAMERA);
    if (!whole) throw new Error('the quadcopter is missing');
    // The left edge goes through the middle of the object.
    const panDeg = (whole.x + whole.w / 2) * 0.1;
    const [half] = sky.truth(5, { ...CAMERA, panDeg });
    expect(half).toMatchObject({ id: whole.id, x: 0 });
    expect(half?.w).toBeCloseTo(whole.w / 2, 6);
    expect(half?.visible).toBeCloseTo(0.5, 6);
    expect(sky.truth(5, { ...CAMERA, panDeg: 170 })).toEqual([]);
  });

  test('has objects only while their flight lasts, again and again when it repeats', () => {
    const [drone] = skyScene.objects;
    if (!drone) throw new Error('the scene is empty');
    const withObjects = (repeats: boolean): FilmedScene => ({ ...skyScene, objects: [{ ...drone, repeats }] });
    expect(new Film(withObjects(false), SIZE).truth(15)).toEqual([]);
    expect(new Film(withObjects(true), SIZE).truth(15)).toHaveLength(1);
  });
});

describe('a camera', () => {
  test('that pans and tilts by whole pixels shifts picture and truth by them', () => {
    const moved = { ...CAMERA, panDeg: CAMERA.panDeg + 0.8, tiltDeg: CAMERA.tiltDeg + 0.6 };
    const before = sky.render(5, { camera: CAMERA });
    const after = sky.render(5, { camera: moved });
    let largest = 0;
    for (let y = 0; y < SIZE.height - 6; y++) {
      for (let x = 0; x < SIZE.width - 8; x++) {
        largest = Math.max(largest, Math.abs(luma(after, x, y + 6) - luma(before, x + 8, y)));
      }
    }
    expect(largest).toBeLessThanOrEqual(1);
    const expected = boxNumbers(sky.truth(5, CAMERA).map((box) => ({ ...box, x: box.x - 8, y: box.y + 6 })));
    for (const [at, value] of boxNumbers(sky.truth(5, moved)).entries()) {
      expect(value).toBeCloseTo(expected[at] ?? Number.NaN, 6);
    }
  });

  test('that zooms in enlarges around the middle', () => {
    const wide = sky.truth(5, CAMERA);
    const close = sky.truth(5, { ...CAMERA, hfovDeg: CAMERA.hfovDeg / 2 });
    const [id] = close.map((box) => box.id);
    const from = wide.find((box) => box.id === id);
    const to = close.find((box) => box.id === id);
    if (!from || !to) throw new Error('no object in both views');
    expect(to.w / from.w).toBeCloseTo(2, 6);
    expect(to.x - 320).toBeCloseTo(2 * (from.x - 320), 6);
    expect(to.y - 180).toBeCloseTo(2 * (from.y - 180), 6);
  });

  test('sees the same at pan 359° and -1°', () => {
    const picture = sky.render(5, { camera: { ...CAMERA, panDeg: -1 } });
    const around = sky.render(5, { camera: { ...CAMERA, panDeg: 359 } });
    const largest = picture.bytes.reduce(
      (most, byte, at) => Math.max(most, Math.abs(byte - (around.bytes[at] ?? 0))),
      0,
    );
    expect(largest).toBeLessThanOrEqual(1);
  });
});

test('an odd picture size is refused', () => {
  expect(() => new Film(skyScene, { width: 641, height: 360 })).toThrow('must be even');
});

function hash(picture: Picture): string {
  return Bun.hash(picture.bytes).toString(16);
}

function luma(picture: Picture, x: number, y: number): number {
  return picture.planes.y.data[y * picture.width + x] ?? 0;
}

/** Pixels that the objects change visibly. */
function changedPixels(film: Film, background: Film, timeS: number): { x: number; y: number }[] {
  const { data } = film.render(timeS).planes.y;
  const before = background.render(timeS).planes.y.data;
  const changed: { x: number; y: number }[] = [];
  data.forEach((value, at) => {
    if (Math.abs(value - (before[at] ?? 0)) < 3) return;
    changed.push({ x: at % SIZE.width, y: Math.floor(at / SIZE.width) });
  });
  return changed;
}

/** Whether a pixel touches a box that is larger by `margin` on all sides. */
function isInside(box: TruthObject, x: number, y: number, margin: number): boolean {
  const across = x + 1 > box.x - margin && x < box.x + box.w + margin;
  return across && y + 1 > box.y - margin && y < box.y + box.h + margin;
}

function boxNumbers(boxes: readonly TruthObject[]): number[] {
  return boxes.flatMap(({ id, x, y, w, h }) => [id, x, y, w, h]);
}
