/**
 * Outputs of models that people have, as their exporters write them, with one drone in a known picture. A head gives a box
 * for every place of the picture, most of them for nothing, as the real ones do.
 */
import { describe, expect, test } from 'bun:test';
import type { DetectOptions } from '../../../nodes/detect/options.ts';
import { errorMessage } from '../../../runtime/node.ts';
import { openDetect } from './detect-runner.ts';
import { NAMES, type TinyModel, type TinyOutput, transposed, writeTinyModel } from './tiny-models.ts';

/** A drone of 20×10 around (32, 24), in an input of 64×64. */
export const DRONE = { x: 22, y: 19, w: 20, h: 10 };
export const CORNERS = [22, 19, 42, 29];
export const CENTRED = [32, 24, 20, 10];
export const DRONE_ROW = 35;

export type Form = 'corners' | 'centred';
export interface Scene {
  readonly rows: number;
  readonly form: Form;
  /** 64: boxes are fractions. */
  readonly per?: number;
  /** What follows the box, of most rows and of the drone's. */
  readonly rest?: readonly number[];
  readonly drone?: readonly number[];
  readonly w?: number;
}

/** Boxes of 12×12 all over the picture, one of them the drone's. */
export function head({ rows, form, per = 1, rest = [], drone = [], w = 64 }: Scene): Float32Array {
  const columns = 4 + rest.length;
  const data = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const x = (row * 8 + 4) % w;
    const y = (Math.floor((row * 8) / w) * 8 + 4) % 64;
    const box = form === 'corners' ? [x - 6, y - 6, x + 6, y + 6] : [x, y, 12, 12];
    const mine = form === 'corners' ? CORNERS : CENTRED;
    const isDrone = row === DRONE_ROW;
    data.set([...(isDrone ? mine : box).map((value) => value / per), ...(isDrone ? drone : rest)], row * columns);
  }
  return data;
}

export const out = (
  name: string,
  dims: TinyOutput['dims'],
  values: ArrayLike<number>,
  more: Partial<TinyOutput> = {},
) => ({
  ...{ name, dims, values },
  ...more,
});
/** Boxes and scores as two outputs. */
export function apart(scene: Scene, names: readonly [boxes: string, scores: string], across = false): TinyOutput[] {
  const { rows, rest = [], drone = [] } = scene;
  const scores = Float32Array.from({ length: rows * rest.length }, (_, i) => {
    const row = Math.floor(i / rest.length);
    return (row === DRONE_ROW ? drone : rest)[i % rest.length] ?? 0;
  });
  return [
    out(names[0], [1, rows, 4], head({ ...scene, rest: [] })),
    across
      ? out(names[1], [1, rest.length, rows], transposed(scores, rows, rest.length))
      : out(names[1], [1, rows, rest.length], scores),
  ];
}

export const QUIET = [0.01, 0.02, 0.01];
export const SURE = [0.05, 0.9, 0.1];
export const three = { rest: QUIET, drone: SURE };
export const names = { names: NAMES };
export const scaleFactor = { name: 'scale_factor', type: 'float32', dims: [1, 2] } as const;
export const imShape = { name: 'im_shape', type: 'float32', dims: [1, 2] } as const;
export const bytes = { name: 'image_tensor:0', type: 'uint8', dims: [1, 64, 64, 3] } as const;
/** A row of a column head, [columns, boxes]. */
export const columnHead = (scene: Scene) => {
  const columns = 4 + (scene.rest?.length ?? 0);
  return out('output0', [1, columns, scene.rows], transposed(head(scene), scene.rows, columns));
};
export const rowHead = (scene: Scene, name = 'output') =>
  out(name, [1, scene.rows, 4 + (scene.rest?.length ?? 0)], head(scene));
export const masks = Array(8).fill(-3);
export const points = Array(51).fill(40);

/** The family, the model, options, and what it asks its frames to be. */
export type Found = readonly [family: string, model: TinyModel, options?: Partial<DetectOptions>, request?: object];

/** A part of the refusal, the model, options. */
export type Refused = readonly [says: string, model: TinyModel, options?: Partial<DetectOptions>];

/** Each model finds the drone. */
export function testFound(table: Readonly<Record<string, Found>>): void {
  describe('read', () => {
    for (const [reason, [family, model, options = {}, request = {}]] of Object.entries(table)) {
      test(reason, async () => {
        const running = await openDetect({ model: writeTinyModel(model), ...options });
        expect(running.gauges.get('family')).toBe(family);
        expect(running.request).toMatchObject(request);
        await running.detect();
        const { detections } = await running.detect();
        const round = (value: number) => Math.round(value * 10) / 10;
        expect(
          detections.map(({ label, bboxPx: { x, y, w, h } }) => [label, round(x), round(y), round(w), round(h)]),
        ).toEqual([['drone', DRONE.x, DRONE.y, DRONE.w, DRONE.h]]);
        await running.close();
        expect(detections[0]?.confidence).toBeCloseTo(0.9, 2);
      });
    }
  });
}

/** Each model is refused with words that say what settles it. */
export function testRefused(table: Readonly<Record<string, Refused>>): void {
  describe('refused, with the reason and what settles it', () => {
    for (const [reason, [says, model, options = {}]] of Object.entries(table)) {
      test(reason, async () => {
        const refusal = await openDetect({ model: writeTinyModel(model), ...options }).then(
          async (running) => {
            await running.close();
            return 'accepted';
          },
          (error: unknown) => `${(error as { code?: string }).code}: ${errorMessage(error)}`,
        );
        expect(refusal).toContain(says);
      });
    }
  });
}
