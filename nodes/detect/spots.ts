/**
 * What stands out in a view of the model, too small for it: pixels that are darker or lighter than those on all four sides. A drone of
 * less than two pixels is one in an empty sky; leaves and windows are many, none of them much more than its neighbours. Pure.
 */
import { type FramePart, type FrameRequest, toSourcePx } from '../../runtime/node.ts';
import { greenOf } from './picture-watch.ts';

/** The strongest pixel of a cell. */
export interface Spot {
  /** In source pixels. */
  readonly x: number;
  readonly y: number;
  /** How many times it stands out more than the pixels of its cell do on average. */
  readonly strength: number;
}

/** Cells of a view, across and down. */
const CELLS = 6;
/** To what is beside it: pixels of the input. */
const BESIDE_PX = 2;
/** It stands out by at least so many grey levels; less than this, on average, is noise. */
const LEAST_LEVELS = 3;
const NOISE_LEVELS = 0.3;
/** The average is taken over every so many rows. */
const MEAN_EVERY = 4;

/** @returns at most one a cell */
export function spotsOf({ data, mapping }: FramePart, request: FrameRequest): Spot[] {
  const { contentPx: content } = mapping;
  const spots: Spot[] = [];
  const at = (from: number, length: number, k: number) => Math.round(from + (k * length) / CELLS);
  for (let row = 0; row < CELLS; row++) {
    const top = Math.max(Math.ceil(content.y) + BESIDE_PX, at(content.y, content.h, row));
    const bottom = Math.min(content.y + content.h - BESIDE_PX, at(content.y, content.h, row + 1));
    for (let column = 0; column < CELLS; column++) {
      const left = Math.max(Math.ceil(content.x) + BESIDE_PX, at(content.x, content.w, column));
      const right = Math.min(content.x + content.w - BESIDE_PX, at(content.x, content.w, column + 1));
      const { x, y, levels, mean } = strongest(data, request, { left, top, right, bottom });
      if (levels < LEAST_LEVELS) continue;
      const { x: sourceX, y: sourceY } = toSourcePx(mapping, { x: x + 0.5, y: y + 0.5, w: 0, h: 0 });
      spots.push({ x: sourceX, y: sourceY, strength: levels / (NOISE_LEVELS + mean) });
    }
  }
  return spots;
}

interface Cell {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The pixel that stands out most, and how much pixels do on average: in grey levels. */
function strongest(data: FramePart['data'], request: FrameRequest, { left, top, right, bottom }: Cell) {
  const { first, step, scale } = greenOf(request);
  const across = BESIDE_PX * step;
  const down = across * request.width;
  const least = LEAST_LEVELS / scale;
  let [most, bestX, bestY, sum, count] = [0, 0, 0, 0, 0];
  for (let y = top; y < bottom; y++) {
    const isSample = y % MEAN_EVERY === 0;
    let i = first + (y * request.width + left) * step;
    for (let x = left; x < right; x++, i += step) {
      const pixel = data[i] ?? 0;
      const off = pixel - (data[i - across] ?? 0);
      // Most pixels end here, which is what keeps this cheap.
      if (!isSample && off < least && off > -least) continue;
      const out = outBy(pixel, data[i - across] ?? 0, data[i + across] ?? 0, data[i - down] ?? 0, data[i + down] ?? 0);
      if (isSample) sum += out;
      if (out <= most) continue;
      most = out;
      bestX = x;
      bestY = y;
    }
    if (isSample) count += right - left;
  }
  return { x: bestX, y: bestY, levels: most * scale, mean: (sum * scale) / Math.max(1, count) };
}

/** By how much a pixel is darker or lighter than all four beside it; 0: it is not. */
function outBy(pixel: number, a: number, b: number, c: number, d: number): number {
  if (pixel < a) {
    if (pixel >= b || pixel >= c || pixel >= d) return 0;
    return Math.min(a, b, c, d) - pixel;
  }
  if (pixel <= b || pixel <= c || pixel <= d) return 0;
  return pixel - Math.max(a, b, c, d);
}
