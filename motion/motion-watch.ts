/**
 * What moves in a stream of pictures: the picture as a whole (the camera), and parts of it that move otherwise. A pure
 * stepper over small grey pictures.
 *
 *     const watch = new MotionWatch(greySize(source));
 *     const { moved, regions, stirs } = watch.step(grey, timeMs);
 */
import type { Size } from '../runtime/node.ts';
import type { FoundBox } from './boxes.ts';
import { GlobalMotion, type Moved } from './global-motion.ts';
import { type Changes, OwnMotion } from './own-motion.ts';
import { STILL, type Warp } from './warp.ts';

/** A part of the picture, shares of its width and height. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  /** How far its change stands out of the noise; from 1. */
  readonly strength: number;
}

export interface Motion {
  /** How the picture has moved as a whole since the one before; null: it can't be told. */
  readonly moved: Moved | null;
  /** True when it is known how this picture follows from those before: the camera moved as told, or not at all. */
  readonly follows: boolean;
  /** What moves otherwise, in this picture and in one before it; the strongest first. */
  readonly regions: readonly Region[];
  /** True when there is a change that may be such a region, seen in this picture alone. */
  readonly stirs: boolean;
}

/** Pictures further apart do not follow one another. */
const LONGEST_GAP_MS = 1500;
/** So far a region may have moved from one picture to the next: shares of the width, a second, and at any rate. */
const REACH = { perS: 0.6, least: 0.02 } as const;
/** A region that was not seen for so long is another one. */
const FORGET_MS = 700;

interface Candidate {
  readonly box: FoundBox;
  readonly atMs: number;
  readonly sightings: number;
}

export class MotionWatch {
  readonly #size: Size;
  readonly #whole: GlobalMotion;
  readonly #own: OwnMotion;
  #candidates: readonly Candidate[] = [];
  #lastMs = Number.NEGATIVE_INFINITY;

  /** @param size of the pictures, as `greySize` says */
  constructor(size: Size) {
    this.#size = size;
    this.#whole = new GlobalMotion(size);
    this.#own = new OwnMotion(size);
  }

  /** @param grey the next picture, a byte a pixel, row by row @param timeMs when it was captured */
  step(grey: Uint8Array, timeMs: number): Motion {
    const passedMs = timeMs - this.#lastMs;
    this.#lastMs = timeMs;
    const isNext = passedMs > 0 && passedMs <= LONGEST_GAP_MS;
    if (!isNext) this.#reset();
    const moved = this.#whole.step(grey);
    // Where it can't be told, the sky is empty or everything is new: what changes in the picture tells which.
    const changes = this.#own.step(grey, moved ? warpOf(moved, this.#size.w) : STILL, timeMs);
    const regions = this.#follow(changes ?? [], timeMs);
    return { moved, follows: isNext && changes !== null, regions, stirs: (changes?.length ?? 0) > 0 };
  }

  #reset(): void {
    this.#whole.reset();
    this.#own.reset();
    this.#candidates = [];
  }

  /** What was seen before, near to where it is seen now, moves. */
  #follow(changes: NonNullable<Changes>, timeMs: number): Region[] {
    const before = this.#candidates;
    const now = changes.map((box): Candidate => {
      const known = before.filter((one) => isNear(one, box, timeMs, this.#size.w));
      return { box, atMs: timeMs, sightings: 1 + Math.max(0, ...known.map(({ sightings }) => sightings)) };
    });
    const gone = before.filter(({ atMs, box }) => {
      return timeMs - atMs <= FORGET_MS && !now.some((one) => isNear({ box, atMs }, one.box, timeMs, this.#size.w));
    });
    this.#candidates = [...now, ...gone];
    return now.filter(({ sightings }) => sightings > 1).map(({ box }) => regionOf(box, this.#size));
  }
}

function warpOf({ right, down, scale, roll }: Moved, width: number): Warp {
  return { x: right * width, y: down * width, a: scale * Math.cos(roll) - 1, b: scale * Math.sin(roll) };
}

function isNear(before: Pick<Candidate, 'box' | 'atMs'>, now: FoundBox, timeMs: number, width: number): boolean {
  const reach = width * Math.max(REACH.least, (REACH.perS * (timeMs - before.atMs)) / 1000);
  const { x, y, w, h } = before.box;
  return now.x <= x + w + reach && x <= now.x + now.w + reach && now.y <= y + h + reach && y <= now.y + now.h + reach;
}

function regionOf({ x, y, w, h, strength }: FoundBox, size: Size): Region {
  return { x: x / size.w, y: y / size.h, w: w / size.w, h: h / size.h, strength };
}
