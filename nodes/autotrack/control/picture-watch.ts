/**
 * Notices by the motion of the picture as a whole that the camera answers later or sooner, faster or slower, or the other
 * way round than it is taken to. Needs no target, only something that stands still in the picture.
 *
 * Method: what the picture turned by from frame to frame is compared with what the commands should have turned it by, for
 * many delays; for each of them the speed that fits best has a closed form (least squares, old frames fade). That an axis
 * turns the other way shows in a few frames; delay and speed take some more.
 */
import type { OwnMotion } from './own-motion.ts';
import type { Correction, TurnAxis } from './plant-watch.ts';

/** How the camera turned between two pictures, as the pictures show it. */
export interface SeenTurn {
  readonly fromMs: number;
  readonly atMs: number;
  readonly panDeg: number;
  readonly tiltDeg: number;
}

const AXES = ['pan', 'tilt'] as const;
/** What is tried, added to the assumed delay. */
const DELAYS_MS = Array.from({ length: 41 }, (_, k) => 40 * k - 400);
const NOW = DELAYS_MS.indexOf(0);
/** Frames fade with this time constant. */
const FADES_S = 5;
/** A turn counts from this share of the field of view on; and what pictures are off by. */
export const LEAST_TURN = 0.003;
const NOISE = 0.0008;
/** An axis is judged after so many turns that should have made so much way, share of the field of view. */
const TURNED = { turns: 3, way: 0.04 };
const FITTED = { turns: 10, way: 0.12 };
/** The same for a delay that is so far off that all others are worse by far. */
const FAR_OFF = { turns: 5, way: 0.12, times: 6 };
/** What is assumed and explains so much is right. */
const WELL_EXPLAINED = 0.93;
/** What it did turn by must be explained to this share … */
const EXPLAINED = 0.8;
/** … and the error of what is taken for wrong must be larger by this factor. */
const CLEARLY = 2;
/** Speeds further off than this factor are not believed: something else moves. */
const MOST_RATIO = 12;
/** A smaller change of speed is not worth making. */
const SAME_RATIO = 1.15;

/** Of one axis: sums of squares and products of seen and expected turns, the latter by delay. */
class AxisSums {
  readonly #expected = new Float64Array(DELAYS_MS.length);
  readonly #product = new Float64Array(DELAYS_MS.length);
  #seen = 0;
  #noise = 0;
  /** Turns that count, and the way that they should have made. */
  turns = 0;
  way = 0;

  add({ fromMs, atMs }: SeenTurn, seenDeg: number, motion: OwnMotion, fieldDeg: number): void {
    const kept = Math.exp((fromMs - atMs) / 1000 / FADES_S);
    for (const [k, delayMs] of DELAYS_MS.entries()) {
      const expected = motion.at(atMs - delayMs).position - motion.at(fromMs - delayMs).position;
      this.#expected[k] = kept * (this.#expected[k] ?? 0) + expected ** 2;
      this.#product[k] = kept * (this.#product[k] ?? 0) + expected * seenDeg;
      if (k !== NOW) continue;
      this.way = kept * this.way + Math.abs(expected) / fieldDeg;
      const counts = Math.max(Math.abs(expected), Math.abs(seenDeg)) > LEAST_TURN * fieldDeg;
      this.turns = kept * this.turns + (counts ? 1 : 0);
    }
    this.#seen = kept * this.#seen + seenDeg ** 2;
    this.#noise = kept * this.#noise + (NOISE * fieldDeg) ** 2;
  }

  has({ turns, way }: { readonly turns: number; readonly way: number }): boolean {
    return this.turns >= turns * 0.9 && this.way >= way;
  }

  /** The speed that fits best with a delay, as a ratio to the assumed one. */
  ratio(k: number): number {
    return (this.#product[k] ?? 0) / Math.max(this.#expected[k] ?? 0, this.#noise, 1e-12);
  }

  /** What a delay and a ratio leave unexplained. */
  error(k: number, ratio = this.ratio(k)): number {
    const [expected, product] = [this.#expected[k] ?? 0, this.#product[k] ?? 0];
    return Math.max(0, this.#seen - 2 * ratio * product + ratio ** 2 * expected) + this.#noise;
  }

  /** The least of these over all delays, for an axis that turns this way. */
  leastError(sign: number): number {
    return Math.min(...DELAYS_MS.map((_, k) => this.error(k, sign * Math.max(0, sign * this.ratio(k)))));
  }

  explains(error: number, share = EXPLAINED): boolean {
    return error <= (1 - share) * (this.#seen + this.#noise);
  }
}

export class PictureWatch {
  #sums = { pan: new AxisSums(), tilt: new AxisSums() };

  /** The assumed motors have been replaced. */
  reset(): void {
    this.#sums = { pan: new AxisSums(), tilt: new AxisSums() };
  }

  /**
   * @param own the axes' own motion as it is assumed
   * @returns what to change about the assumed motors (0 ms and 1: they are right); null: not clear yet
   */
  see(turn: SeenTurn, own: Readonly<Record<TurnAxis, OwnMotion>>, fieldDeg: number): Correction | null {
    this.#sums.pan.add(turn, turn.panDeg, own.pan, fieldDeg);
    this.#sums.tilt.add(turn, turn.tiltDeg, own.tilt, fieldDeg);
    return this.#turned() ?? this.#fitted();
  }

  /** An axis turns the other way. A motion to and fro can be seen as the right way late, or the other way soon. */
  #turned(): Correction | null {
    const isTurned = (axis: TurnAxis) => {
      const sums = this.#sums[axis];
      const error = sums.has(TURNED) ? sums.leastError(-1) : Number.POSITIVE_INFINITY;
      const upright = sums.leastError(1);
      return sums.explains(error) && !sums.explains(upright) && upright > CLEARLY * error;
    };
    const seen = AXES.filter(isTurned);
    const sign = (axis: TurnAxis) => (seen.includes(axis) ? -1 : 1);
    return seen.length === 0 ? null : { delayMs: 0, pan: sign('pan'), tilt: sign('tilt'), seen };
  }

  /** Delay and speeds. */
  #fitted(): Correction | null {
    const judged = AXES.filter((axis) => this.#sums[axis].has(FAR_OFF));
    const isEnough = AXES.some((axis) => this.#sums[axis].has(FITTED));
    if (judged.length === 0) return null;
    if (isEnough && judged.every((axis) => this.#sums[axis].explains(this.#sums[axis].error(NOW, 1), WELL_EXPLAINED)))
      return { delayMs: 0, pan: 1, tilt: 1, seen: judged };
    const error = (k: number) => judged.reduce((sum, axis) => sum + this.#sums[axis].error(k), 0);
    const least = DELAYS_MS.reduce((best, _, k) => (error(k) < error(best) ? k : best), NOW);
    if (!isEnough && error(NOW) < FAR_OFF.times * error(least)) return null;
    const best = error(NOW) > CLEARLY * error(least) ? least : NOW;
    const seen = judged.filter((axis) => this.#sums[axis].explains(this.#sums[axis].error(best)));
    if (seen.length === 0) return null;
    const ratio = (axis: TurnAxis) => (seen.includes(axis) ? this.#ratio(axis, best) : 1);
    const [pan, tilt] = [ratio('pan'), ratio('tilt')];
    return pan === null || tilt === null ? null : { delayMs: DELAYS_MS[best] ?? 0, pan, tilt, seen };
  }

  /** @returns null: it is not to be believed */
  #ratio(axis: TurnAxis, best: number): number | null {
    const sums = this.#sums[axis];
    const ratio = sums.ratio(best);
    if (!(ratio > 1 / MOST_RATIO && ratio < MOST_RATIO)) return null;
    const isSame = Math.max(ratio, 1 / ratio) < SAME_RATIO;
    return isSame || sums.error(best, 1) < CLEARLY * sums.error(best) ? 1 : ratio;
  }
}
