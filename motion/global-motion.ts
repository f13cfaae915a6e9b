/**
 * How the picture as a whole moves from one frame to the next: the camera turns, zooms, rolls or shakes. A pure stepper over
 * small grey pictures, for which nothing but the pictures is needed.
 *
 *     const motion = new GlobalMotion(greySize(source));
 *     const moved = motion.step(grey);         // a byte a pixel, row by row; null: it can't be told
 *
 * Phase correlation finds shifts that may be right, however large; the best of them is refined, with zoom and roll, on two
 * sizes of the picture. What moves by itself (targets, leaves) is left out as long as it is less than half of what tells
 * a motion. A picture in which too little can be seen, or only in one spot, says nothing.
 */
import type { MotionNews, Size } from '../runtime/node.ts';
import { Aligner, type Fit, type Patience } from './align.ts';
import { Level, placesOf } from './level.ts';
import { PhaseCorrelation } from './phase-correlation.ts';
import { STILL, type Warp } from './warp.ts';

const WIDTH = 320;
const LEAST_WIDE = 64;
/** Of very wide and very high pictures the height is not in proportion. */
const HEIGHTS = { least: 96, most: 480 } as const;

/**
 * The size of the grey pictures of a source: small, of about its shape, sides multiples of 4.
 * @param mostWide less than that, where no more pixels are there
 */
export function greySize({ w, h }: Size, mostWide = WIDTH): Size {
  const wide = Math.min(WIDTH, Math.max(LEAST_WIDE, 4 * Math.floor(mostWide / 4)));
  const height = 4 * Math.round((wide * h) / w / 4);
  return { w: wide, h: Math.min(HEIGHTS.most, Math.max(HEIGHTS.least, height)) };
}

/** As the board topic `motion` has it. */
export type Moved = NonNullable<MotionNews['moved']>;

/** What the small picture gives is refined on the large one. */
const ROUGH: Patience = { rounds: 3, leastStepPx: 0.2, nearPx: 0 };
const EXACT: Patience = { rounds: 8, leastStepPx: 0.05, nearPx: 0.3 };
/** Places of each block of the picture: of the large one, and of the small one. */
const PLACES = { fine: 16, coarse: 8 } as const;
/** As much of what tells a motion agreeing with how the picture moved before, and nothing else is looked for. */
const GOES_ON = 0.8;
/** From further away than so many pixels of the small picture, as the difference tells, no step leads to the right place. */
const FAR_PX = 2;
/** Less of what tells a motion agreeing on one, and it is not the whole picture's. */
const LEAST_EXPLAINED = 0.55;
/** The same for places so close together (standard deviation, share of the width) that they may be one object. */
const LEAST_SPREAD = 0.15;
/** A shift that is less certain is not known, shares of the width. */
const MOST_STD = 0.0025;

export class GlobalMotion {
  readonly #correlation = new PhaseCorrelation();
  readonly #aligner = new Aligner(placesOf(PLACES.fine));
  #now: Pyramid;
  #last: Pyramid;
  #isFirst = true;
  /** Cameras go on as they did. */
  #warp: Warp = STILL;

  /** @param size of the pictures, multiples of 4 */
  constructor(size: Size) {
    [this.#now, this.#last] = [pyramid(size), pyramid(size)];
  }

  /** @param grey the next picture @returns null: it can't be told */
  step(grey: Uint8Array): Moved | null {
    [this.#now, this.#last] = [this.#last, this.#now];
    this.#now.fine.load(grey);
    this.#now.coarse.halve(this.#now.fine);
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (isFirst) return null;
    const coarse = this.#roughly();
    const fit = coarse && this.#aligner.fit(this.#last.fine, this.#now.fine, double(coarse.warp), EXACT);
    this.#warp = fit?.warp ?? STILL;
    return fit && told(fit, this.#now.fine.width);
  }

  /** Forgets the picture before: the next one does not follow it. */
  reset(): void {
    this.#isFirst = true;
    this.#warp = STILL;
  }

  #roughly(): Fit | null {
    const [from, to] = [this.#last.coarse, this.#now.coarse];
    const best = (starts: readonly Warp[]) => {
      const misfits = starts.map((start) => this.#aligner.misfit(from, to, start));
      const misfit = Math.min(...misfits);
      return { start: starts[misfits.indexOf(misfit)] ?? STILL, misfit };
    };
    const fit = ({ start }: { readonly start: Warp }) => this.#aligner.fit(from, to, start, ROUGH);
    const asBefore = best([STILL, half(this.#warp)]);
    const isFar = asBefore.misfit > FAR_PX * from.meanChange;
    const goesOn = isFar ? null : fit(asBefore);
    if (goesOn && goesOn.explained >= GOES_ON) return goesOn;
    const shifts = this.#correlation.shifts(from, to);
    const jumps = fit(best(shifts.map(({ x, y }) => ({ ...STILL, x: x * to.width, y: y * to.height }))));
    const other = isFar && (jumps?.explained ?? 0) < GOES_ON ? fit(asBefore) : goesOn;
    return (jumps?.explained ?? 0) > (other?.explained ?? 0) ? jumps : other;
  }
}

interface Pyramid {
  readonly fine: Level;
  readonly coarse: Level;
}

function pyramid({ w, h }: Size): Pyramid {
  return { fine: new Level(w / 2, h / 2, PLACES.fine), coarse: new Level(w / 4, h / 4, PLACES.coarse) };
}

function half({ x, y, a, b }: Warp): Warp {
  return { x: x / 2, y: y / 2, a, b };
}

function double({ x, y, a, b }: Warp): Warp {
  return { x: 2 * x, y: 2 * y, a, b };
}

function told({ warp: { x, y, a, b }, stdX, stdY, explained, spread }: Fit, width: number): Moved | null {
  const [rightStd, downStd] = [stdX / width, stdY / width];
  const isKnown = explained >= LEAST_EXPLAINED && spread >= LEAST_SPREAD && Math.min(rightStd, downStd) <= MOST_STD;
  if (!isKnown) return null;
  return {
    ...{ right: x / width, down: y / width, rightStd, downStd },
    ...{ scale: Math.hypot(1 + a, b), roll: Math.atan2(b, 1 + a), confidence: explained },
  };
}
