/** Sees what moves in the frames of a model, without other pictures: in a small grey one that is made of each. */
import { greySize, type Motion, MotionWatch } from '../../motion/index.ts';
import { type Box, type FrameMotion, type FrameRequest, type FrameView, toSourcePx } from '../../runtime/node.ts';

/** What moves in a frame, in source pixels, and what a gate wants to know besides. */
export interface SeenMotion extends FrameMotion {
  /** See {@link Motion}. */
  readonly follows: boolean;
  readonly stirs: boolean;
}

export class PictureWatch {
  #eye: { readonly shows: string; readonly grey: GreyPicture; readonly watch: MotionWatch } | null = null;

  /** @param frame the next one: the same part of the source as before, or the watch starts again */
  see(frame: FrameView): SeenMotion {
    const { contentPx: content, viewportPx: view } = frame.mapping;
    const shows = JSON.stringify([content, view, frame.meta.size]);
    if (this.#eye?.shows !== shows) {
      const size = greySize(view, content.w);
      this.#eye = { shows, grey: new GreyPicture(size), watch: new MotionWatch(size) };
    }
    const { grey, watch } = this.#eye;
    const motion = watch.step(grey.of(frame), frame.meta.captureMonoMs);
    return { ...motion, regions: motion.regions.map((region) => inSource(region, frame)) };
  }
}

function inSource({ x, y, w, h, strength }: Motion['regions'][number], { mapping }: FrameView) {
  const { contentPx: content } = mapping;
  const box = { x: content.x + x * content.w, y: content.y + y * content.h, w: w * content.w, h: h * content.h };
  return { bboxPx: toSourcePx(mapping, box), strength };
}

/** A small grey picture of what a slot shows of the source: means of its pixels, of the middle channel (green) alone. */
class GreyPicture {
  readonly #size: { readonly w: number; readonly h: number };
  readonly #grey: Uint8Array;
  /** First and last pixel + 1 of the slot, by column and by row of this picture. */
  #columns: Int32Array = new Int32Array(0);
  #rows: Int32Array = new Int32Array(0);

  constructor(size: { readonly w: number; readonly h: number }) {
    this.#size = size;
    this.#grey = new Uint8Array(size.w * size.h);
  }

  /** Valid until the next call. */
  of({ data, request, mapping }: FrameView): Uint8Array {
    const { w, h } = this.#size;
    if (this.#columns.length === 0) {
      this.#columns = edges(mapping.contentPx.x, mapping.contentPx.w, w, request.width);
      this.#rows = edges(mapping.contentPx.y, mapping.contentPx.h, h, request.height);
    }
    const { first, step, scale } = greenOf(request);
    for (let row = 0, at = 0; row < h; row++) {
      const top = this.#rows[2 * row] ?? 0;
      const bottom = this.#rows[2 * row + 1] ?? 0;
      for (let column = 0; column < w; column++, at++) {
        const left = this.#columns[2 * column] ?? 0;
        const right = this.#columns[2 * column + 1] ?? 0;
        let sum = 0;
        for (let y = top; y < bottom; y++) {
          const from = first + y * request.width * step;
          for (let x = left; x < right; x++) sum += data[from + x * step] ?? 0;
        }
        this.#grey[at] = (sum * scale) / ((bottom - top) * (right - left)) + 0.5;
      }
    }
    return this.#grey;
  }
}

/** Where the green of a slot begins, how far it is from one to the next, and what makes a byte of it. */
export function greenOf({ format, width, height, white = 1 }: FrameRequest) {
  if (format === 'rgbf32' || format === 'bgrf32') return { first: width * height, step: 1, scale: 255 / white };
  return format === 'gray8' ? { first: 0, step: 1, scale: 1 } : { first: 1, step: 3, scale: 1 };
}

function edges(from: Box['x'], length: number, count: number, end: number): Int32Array {
  const at = (k: number) => Math.min(end - 1, Math.max(0, Math.round(from + (k * length) / count)));
  return Int32Array.from({ length: 2 * count }, (_, k) => {
    const cell = k >> 1;
    return k % 2 === 0
      ? at(cell)
      : Math.max(at(cell) + 1, Math.min(end, Math.round(from + ((cell + 1) * length) / count)));
  });
}
