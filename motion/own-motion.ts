/**
 * What changes in a picture otherwise than by the motion of the whole: small grey pictures, and how they have moved, in;
 * boxes out. A pure stepper.
 *
 * Each picture is compared with two before it, 0.3 s and 0.6 s older, both brought to where they lie now. What differs
 * from both, in the same direction, is new at its place: where something has left, the older one shows what this one does.
 * A difference counts when it is beyond the noise of the picture, beyond what a misplacement makes on an edge, and beyond
 * what that part of the picture does all the time: leaves, water, a flag.
 */
import type { Size } from '../runtime/node.ts';
import { Boxes, type FoundBox } from './boxes.ts';
import { NOTHING_PX, Older, type OlderPicture } from './older.ts';
import { then, type Warp, wayPx } from './warp.ts';

/** Ages of the two pictures that one is compared with, ms. */
const AGES_MS = [300, 600] as const;
/** Pictures are kept so far apart. */
const KEEP_EVERY_MS = 80;
/** Smoothed pictures are in sixteenths of a grey level, from 1. */
const LEVEL = 16;
/** A difference is never taken for one below so many grey levels, or so many standard deviations of the noise. */
const LEAST = 5 * LEVEL;
const SIGMAS = 5.5;
/** By so much an older picture may be misplaced, pixels: one that has not moved, one that has, and the more by a share of its way. */
const MISPLACED = { still: 0.1, moved: 0.6, ofWay: 0.015 } as const;
/** Side of the squares whose unrest is known, pixels. */
const SQUARE = 8;
/** How long it takes until a change is usual, and until it is not any more, s: usual is what is seldom exceeded. */
const UNREST_S = { more: 6, less: 24 } as const;
/** What counts must be so many times beyond the unrest of its square. */
const UNREST = 2;
/** More of the picture changed, and it is another one: a cut, a lamp that was switched on. */
const MOST_CHANGED = 0.15;
/** The same where the noise would be greater than so many grey levels. */
const MOST_NOISE = 6 * LEVEL;
/** Every so many-th pixel tells the noise. */
const SAMPLE = 11;

/** Differences are counted in steps of this, sixteenths of a level, up to so many steps. */
const BIN = 4;
const BINS = 255;

/** What has changed in a picture; null: it can't be told, since there is nothing to compare with, or all has changed. */
export type Changes = readonly FoundBox[] | null;

export class OwnMotion {
  readonly #size: Size;
  readonly #older: Older;
  readonly #boxes: Boxes;
  readonly #placed: readonly [Uint16Array, Uint16Array];
  readonly #smooth: Uint16Array;
  readonly #columns: number;
  /** By square: the change that is usual there, and the greatest of this picture, grey levels. */
  readonly #unrest: Float32Array;
  readonly #greatest: Float32Array;
  readonly #signed = new Uint32Array(2 * BINS + 1);
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(size: Size) {
    this.#size = size;
    this.#older = new Older(size, { everyMs: KEEP_EVERY_MS, longestMs: AGES_MS[1] });
    this.#boxes = new Boxes(size);
    this.#placed = [new Uint16Array(size.w * size.h), new Uint16Array(size.w * size.h)];
    this.#smooth = new Uint16Array(size.w * size.h);
    this.#columns = Math.ceil(size.w / SQUARE);
    this.#unrest = new Float32Array(this.#columns * Math.ceil(size.h / SQUARE));
    this.#greatest = new Float32Array(this.#unrest.length);
  }

  /**
   * @param picture a byte a pixel
   * @param warp from the picture before to this one, pixels of these
   */
  step(picture: Uint8Array, warp: Warp, timeMs: number): Changes {
    const grey = smooth(picture, this.#size, this.#smooth);
    this.#older.move((before) => then(before, warp));
    const first = this.#older.before(timeMs - AGES_MS[0]);
    const second = this.#older.before(timeMs - AGES_MS[1], first);
    const passedS = (timeMs - this.#lastMs) / 1000;
    this.#lastMs = timeMs;
    const changes = first && second ? this.#compare(grey, first, second) : null;
    if (changes) this.#settle(passedS);
    else if (second) this.reset();
    this.#older.keep(grey, timeMs);
    return changes;
  }

  /** The next picture does not follow those before. */
  reset(): void {
    this.#older.clear();
    this.#unrest.fill(0);
  }

  #compare(grey: Uint16Array, first: OlderPicture, second: OlderPicture): Changes {
    const { w, h } = this.#size;
    const [a, b] = this.#placed;
    first.place(a);
    second.place(b);
    const { brighter: brighterA, sigma } = this.#noise(grey, a);
    const { brighter: brighterB } = this.#noise(grey, b);
    if (sigma > MOST_NOISE) return null;
    const leastA = Math.max(LEAST, SIGMAS * sigma);
    const slack = ({ warp }: OlderPicture) => {
      const way = wayPx(warp, w, h);
      return (way < NOTHING_PX ? MISPLACED.still : MISPLACED.moved) + MISPLACED.ofWay * way;
    };
    const slackA = slack(first);
    const slackB = slack(second);
    this.#boxes.clear();
    this.#greatest.fill(0);
    let changed = 0;
    for (let y = 1; y < h - 1; y++) {
      const squares = Math.floor(y / SQUARE) * this.#columns;
      for (let x = 1, at = y * w + 1; x < w - 1; x++, at++) {
        const now = grey[at] ?? 0;
        const byA = now - (a[at] ?? 0) - brighterA;
        if (byA < leastA && byA > -leastA) continue;
        const byB = now - (b[at] ?? 0) - brighterB;
        if (a[at] === 0 || b[at] === 0 || byA * byB <= 0) continue;
        // What moves is in both at another place, or in neither; an edge is in both.
        const edge = Math.min(range(a, at, w), range(b, at, w));
        const beyond = Math.min(Math.abs(byA) - slackA * edge, Math.abs(byB) - slackB * edge);
        if (beyond <= 0) continue;
        const square = squares + (x >> 3);
        if (beyond > (this.#greatest[square] ?? 0)) this.#greatest[square] = beyond;
        const least = Math.max(leastA, UNREST * (this.#unrest[square] ?? 0));
        if (beyond < least) continue;
        changed++;
        this.#boxes.add(x, y, beyond / least);
      }
    }
    return changed > MOST_CHANGED * w * h ? null : this.#boxes.found();
  }

  /** How much brighter the picture is than an older one, and the deviation of what is the same in both (median, and that of the distances). */
  #noise(grey: Uint16Array, older: Uint16Array): { readonly brighter: number; readonly sigma: number } {
    const signed = this.#signed.fill(0);
    let count = 0;
    for (let at = 0; at < grey.length; at += SAMPLE) {
      const was = older[at] ?? 0;
      if (was === 0) continue;
      const bin = BINS + Math.max(-BINS, Math.min(BINS, Math.round(((grey[at] ?? 0) - was) / BIN)));
      signed[bin] = (signed[bin] ?? 0) + 1;
      count++;
    }
    let middle = 0;
    for (let below = 0; middle < 2 * BINS; middle++) {
      below += signed[middle] ?? 0;
      if (below >= count / 2) break;
    }
    let reach = 0;
    for (let inside = signed[middle] ?? 0; inside < count / 2 && reach < BINS; ) {
      reach++;
      inside += (signed[middle - reach] ?? 0) + (signed[middle + reach] ?? 0);
    }
    return { brighter: (middle - BINS) * BIN, sigma: 1.4826 * (reach + 0.5) * BIN };
  }

  /** What goes on all the time becomes usual. */
  #settle(passedS: number): void {
    const part = (ofS: number) => Math.min(1, Math.max(0, passedS) / ofS);
    const [more, less] = [part(UNREST_S.more), part(UNREST_S.less)];
    for (let k = 0; k < this.#unrest.length; k++) {
      const usual = this.#unrest[k] ?? 0;
      const above = (this.#greatest[k] ?? 0) - usual;
      this.#unrest[k] = usual + (above > 0 ? more : less) * above;
    }
  }
}

/** How much a picture changes about a place, grey levels: what a misplacement by a pixel makes of it. */
function range(grey: Uint16Array, at: number, width: number): number {
  let least = 0xffff;
  let most = 0;
  for (let row = at - width; row <= at + width; row += width) {
    for (let k = row - 1; k <= row + 1; k++) {
      const value = grey[k] ?? 0;
      if (value < least) least = value;
      if (value > most) most = value;
    }
  }
  return most - least;
}

/** Each pixel with its neighbours: a detail of one pixel is otherwise another one where the picture has moved by half of it. */
function smooth(picture: Uint8Array, { w, h }: Size, into: Uint16Array): Uint16Array {
  for (let y = 0; y < h; y++) {
    const up = y > 0 ? -w : 0;
    const down = y < h - 1 ? w : 0;
    const last = (y + 1) * w - 1;
    let here = column(picture, y * w, up, down);
    let before = here;
    for (let at = y * w; at < last; at++) {
      const after = column(picture, at + 1, up, down);
      into[at] = Math.max(1, (before + (here << 1) + after) | 0);
      before = here;
      here = after;
    }
    into[last] = Math.max(1, before + 3 * here);
  }
  return into;
}

/** As that of a level, but for bytes: compiled for two kinds of arrays it would be slower for both. */
function column(source: Uint8Array, at: number, up: number, down: number): number {
  return ((source[at + up] ?? 0) + ((source[at] ?? 0) << 1) + (source[at + down] ?? 0)) | 0;
}
