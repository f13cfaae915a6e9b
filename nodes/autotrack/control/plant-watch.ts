/**
 * Notices, while a target is followed, that the camera answers later or sooner, faster or slower, than it is taken to.
 *
 * Method: multiple-model adaptive estimation (Magill 1965). The same sightings are filtered as if the delay, or the speed
 * of an axis, were a little larger or smaller; the variant that explains them better for long enough wins and becomes
 * what is assumed. A camera at rest, or in even motion, makes no difference between them, and so teaches nothing.
 */
import type { Motion } from './own-motion.ts';
import { TargetFilter } from './target-filter.ts';
import type { Plant } from './types.ts';

/** One small change of what is assumed. */
export interface Correction {
  /** Added to the delay of the axes. */
  readonly delayMs: number;
  /** The speeds are multiplied by these. */
  readonly pan: number;
  readonly tilt: number;
}

const UNCHANGED: Correction = { delayMs: 0, pan: 1, tilt: 1 };
const DELAY_STEP_MS = 40;
const GAIN_STEP = 1.1;
const VARIANTS: readonly Correction[] = [
  UNCHANGED,
  { ...UNCHANGED, delayMs: DELAY_STEP_MS },
  { ...UNCHANGED, delayMs: -DELAY_STEP_MS },
  { ...UNCHANGED, pan: GAIN_STEP },
  { ...UNCHANGED, pan: 1 / GAIN_STEP },
  { ...UNCHANGED, tilt: GAIN_STEP },
  { ...UNCHANGED, tilt: 1 / GAIN_STEP },
];
/** A variant wins when it is this much more likely (natural logarithm). */
const WINS = 4;
/** Part of the evidence that each sighting leaves. */
const KEPT = 0.985;
/** A sighting counts for no more than this: one that is far off says nothing about the camera. */
const MOST_EVIDENCE = 2;
/** Sightings after a start or a change that only settle the filters. */
const SETTLING = 6;

export interface WatchInput {
  readonly atMs: number;
  /** By axis, pan then tilt: measured direction, and its variance. */
  readonly direction: readonly number[];
  readonly noiseVar: readonly number[];
  readonly fieldDeg: number;
  /** The axes' own motion as it is assumed, at any time. */
  readonly own: readonly ((tMs: number) => Motion)[];
}

export class PlantWatch {
  #filters = VARIANTS.map(() => new TargetFilter());
  #evidence: number[] = VARIANTS.map(() => 0);
  #count = 0;

  /** Another target, or a camera that was put right. */
  reset(): void {
    for (const filter of this.#filters) filter.reset();
    this.#evidence = VARIANTS.map(() => 0);
    this.#count = 0;
  }

  /** @returns what to change about the camera, when that has become clear */
  see({ atMs, direction, noiseVar, fieldDeg, own }: WatchInput): Correction | null {
    const logs = VARIANTS.map((variant, k) => {
      const seen = direction.map((deg, axis) => {
        const assumed = own[axis]?.(atMs).position ?? 0;
        // An answer that comes later shows the pose of a while ago; a faster one, a pose further out.
        const pose = (own[axis]?.(atMs - variant.delayMs).position ?? 0) * (axis === 0 ? variant.pan : variant.tilt);
        return deg + pose - assumed;
      });
      return this.#filters[k]?.update(atMs, seen, noiseVar, fieldDeg) ?? 0;
    });
    if (++this.#count <= SETTLING) return null;
    const [base = 0] = logs;
    this.#evidence = this.#evidence.map((sum, k) => {
      const gained = Math.min(MOST_EVIDENCE, Math.max(-MOST_EVIDENCE, (logs[k] ?? base) - base));
      return Math.max(-WINS, KEPT * sum + gained);
    });
    const best = this.#evidence.indexOf(Math.max(...this.#evidence));
    if ((this.#evidence[best] ?? 0) < WINS) return null;
    this.reset();
    return VARIANTS[best] ?? null;
  }
}

/** The plant with a correction made; a zoom answers as late as the other axes. */
export function corrected({ pan, tilt, zoom }: Plant, correction: Correction): Plant {
  const later = (delayMs: number) => Math.max(0, delayMs + correction.delayMs);
  return {
    pan: { ...pan, delayMs: later(pan.delayMs), gainPerS: pan.gainPerS * correction.pan },
    tilt: { ...tilt, delayMs: later(tilt.delayMs), gainPerS: tilt.gainPerS * correction.tilt },
    zoom: { ...zoom, delayMs: later(zoom.delayMs) },
  };
}
