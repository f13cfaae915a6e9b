/** Colour of the scene renderer: BT.601, limited range (luma 16–235), which is what decoders assume at this size. */

import type { Rgb } from '../scene/scene.ts';

export interface Yuv {
  readonly y: number;
  readonly u: number;
  readonly v: number;
}

/** RGB to YUV after ITU-R BT.601, not rounded. */
export function toYuv([r, g, b]: Rgb): Yuv {
  return {
    y: 16 + (65.481 * r + 128.553 * g + 24.966 * b) / 255,
    u: 128 + (-37.797 * r - 74.203 * g + 112 * b) / 255,
    v: 128 + (112 * r - 93.786 * g - 18.214 * b) / 255,
  };
}

/** Between two colours: `amount` 0 gives `from`, 1 gives `to`. */
export function mix(from: Yuv, to: Yuv, amount: number): Yuv {
  return {
    y: from.y + (to.y - from.y) * amount,
    u: from.u + (to.u - from.u) * amount,
    v: from.v + (to.v - from.v) * amount,
  };
}
