/** Pictures of a moment ago, and where they lie in the newest one. */
import type { Size } from '../runtime/node.ts';
import { inverse, STILL, type Warp, wayPx } from './warp.ts';

/** Moved by less, nothing is: pixels. */
export const NOTHING_PX = 0.05;
const ROUND = 0.5;

export class OlderPicture {
  readonly timeMs: number;
  /** From this picture to the newest, pixels. */
  warp: Warp = STILL;
  readonly #size: Size;
  readonly #grey: Uint16Array;

  constructor(size: Size, grey: Uint16Array, timeMs: number) {
    this.timeMs = timeMs;
    this.#size = size;
    this.#grey = grey.slice();
  }

  /** Brought to where it lies in the newest picture; 0: not to be seen in this one. */
  place(into: Uint16Array): void {
    const { w, h } = this.#size;
    if (wayPx(this.warp, w, h) < NOTHING_PX) {
      into.set(this.#grey);
    } else {
      this.#sample(inverse(this.warp), into);
    }
  }

  /** Between its pixels, linear. @param back from the newest picture to this one */
  #sample({ x: shiftX, y: shiftY, a, b }: Warp, into: Uint16Array): void {
    const { w, h } = this.#size;
    const grey = this.#grey;
    for (let row = 0, at = 0; row < h; row++) {
      const dy = row - h / 2;
      let x = (1 + a) * (-w / 2) - b * dy + shiftX + w / 2;
      let y = b * (-w / 2) + (1 + a) * dy + shiftY + h / 2;
      for (let column = 0; column < w; column++, at++, x += 1 + a, y += b) {
        if (!(x >= 0 && y >= 0 && x < w - 1 && y < h - 1)) {
          into[at] = 0;
          continue;
        }
        const left = x | 0;
        const top = y | 0;
        const partX = x - left;
        const from = top * w + left;
        const upper = (grey[from] ?? 0) * (1 - partX) + (grey[from + 1] ?? 0) * partX;
        const lower = (grey[from + w] ?? 0) * (1 - partX) + (grey[from + w + 1] ?? 0) * partX;
        into[at] = upper + (lower - upper) * (y - top) + ROUND;
      }
    }
  }
}

export class Older {
  readonly #size: Size;
  readonly #keep: { readonly everyMs: number; readonly longestMs: number };
  /** The oldest first. */
  #pictures: OlderPicture[] = [];

  /** @param keep how far apart they are kept, and the greatest age that is asked for */
  constructor(size: Size, keep: { readonly everyMs: number; readonly longestMs: number }) {
    this.#size = size;
    this.#keep = keep;
  }

  /** The newest one of then or before, and older than another. */
  before(timeMs: number, other?: OlderPicture): OlderPicture | undefined {
    return this.#pictures.findLast((one) => one.timeMs <= timeMs && (!other || one.timeMs < other.timeMs));
  }

  /** A new picture has come: where they lie in it. */
  move(change: (warp: Warp) => Warp): void {
    for (const picture of this.#pictures) picture.warp = change(picture.warp);
  }

  keep(grey: Uint16Array, timeMs: number): void {
    const { everyMs, longestMs } = this.#keep;
    const newestMs = this.#pictures.at(-1)?.timeMs ?? Number.NEGATIVE_INFINITY;
    if (timeMs - newestMs < everyMs) return;
    const oldEnough = this.#pictures.findLastIndex((one) => one.timeMs <= timeMs - longestMs);
    this.#pictures.splice(0, Math.max(0, oldEnough));
    this.#pictures.push(new OlderPicture(this.#size, grey, timeMs));
  }

  clear(): void {
    this.#pictures = [];
  }
}
