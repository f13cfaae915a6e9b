/**
 * Notices, while a target is followed, that the camera answers later or sooner, faster or slower, than it is taken to.
 *
 * Method: multiple-model adaptive estimation (Magill 1965). The same sightings are filtered as if the delay, or the
 * speed of an axis, were a little larger or smaller; the variant that explains them better for long enough wins and
 * becomes what is assumed. A camera at rest, or in even motion, makes no difference between them, and so teaches
 * nothing.
 */
import type { Motion } from './own-motion.ts';
import { TargetFilter } from './target-filter.ts';
import type { AxisPlant, Plant } from './types.ts';

export type TurnAxis = 'pan' | 'tilt';

/** One small change of the assumed motors. */
export interface Correction {
  /** Added to the delay of the axes. */
  readonly delayMs: number;
  /** The speeds are multiplied by these. */
  readonly pan: number;
  readonly tilt: number;
  /** Axes of which this is certain; absent: both. */
  readonly seen?: readonly TurnAxis[];
}

const UNCHANGED: Correction = { delayMs: 0, pan: 1, tilt: 1 };

/** An axis turns the other way. */
const TURNED: readonly Correction[] = [
  { ...UNCHANGED, pan: -1 },
  { ...UNCHANGED, tilt: -1 },
  { ...UNCHANGED, pan: -1, tilt: -1 },
];

/** The variants that are compared with the assumed motors. */
interface Hypotheses {
  /** The first is no change at all. */
  readonly variants: readonly Correction[];
  /** A variant wins when it is this much more likely (natural logarithm). */
  readonly wins: number;
  /** Part of the evidence that each sighting leaves. */
  readonly kept: number;
}

/** Around a plant that was learned. */
const FINE: Hypotheses = {
  variants: [
    UNCHANGED,
    ...[-40, 40].map((delayMs) => ({ ...UNCHANGED, delayMs })),
    ...[1.1, 1 / 1.1].flatMap((gain) => [
      { ...UNCHANGED, pan: gain },
      { ...UNCHANGED, tilt: gain },
    ]),
    ...TURNED,
  ],
  wins: 4,
  kept: 0.985,
};
/** Around a guess: far off in delay and speed at once, the two axes of a camera alike. A jump is not made lightly. */
const COARSE: Hypotheses = {
  variants: [
    UNCHANGED,
    ...[0, -400, -300, -200, -100, 100, 200, 300, 400].flatMap((delayMs) =>
      [1 / 8, 1 / 5.6, 1 / 4, 1 / 2.8, 1 / 2, 1 / 1.4, 1, 1.4, 2, 2.8, 4]
        .map((gain) => ({ delayMs, pan: gain, tilt: gain }))
        .filter(({ pan }) => delayMs !== 0 || pan !== 1),
    ),
  ],
  wins: 10,
  kept: 0.995,
};
/** A guess is good enough when each of its neighbours is this much less likely. */
const REFUTED = 4;
/** Upper bound of the weight of a sighting: an outlier says nothing about the camera. */
const MOST_EVIDENCE = 2;
/** A target is off the centre from this share of the field of view on. */
const AWAY = 0.05;
/** So much evidence there may be against an axis that turns the other way. */
const MOST_AGAINST = 40;
/** That of a camera that was only guessed at has been refuted by so much. */
const REFUTED_TURN = 12;
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
  #search: Hypotheses = FINE;
  #filters: TargetFilter[] = [];
  #evidence: number[] = [];
  #count = 0;

  /** @param isGuess what is assumed is no more than a guess */
  constructor(isGuess: boolean) {
    this.begin(isGuess);
  }

  /** The assumed motors have been replaced. */
  begin(isGuess: boolean): void {
    this.#search = isGuess ? COARSE : FINE;
    this.#filters = this.#search.variants.map(() => new TargetFilter());
    this.reset();
  }

  /** The assumed motors are confirmed. */
  get isSure(): boolean {
    return this.#search === FINE;
  }

  /** Another target, or a corrected camera pose. */
  reset(): void {
    for (const filter of this.#filters) filter.reset();
    this.#evidence = this.#filters.map(() => 0);
    this.#count = 0;
  }

  /**
   * @param decides false: it only takes in the sighting
   * @returns what to change about the camera, when that has become clear
   */
  see(input: WatchInput, decides = true): Correction | null {
    const { variants, wins, kept } = this.#search;
    const logs = variants.map((variant, k) => this.#filters[k]?.update(...seenAs(variant, input)) ?? 0);
    if (++this.#count <= SETTLING) return null;
    const [base = 0] = logs;
    this.#evidence = this.#evidence.map((sum, k) => {
      const gained = Math.min(MOST_EVIDENCE, Math.max(-MOST_EVIDENCE, (logs[k] ?? base) - base));
      if (gained > 0 && isFarOff(variants[k]) && !runsAway(input)) return kept * sum;
      // What has long turned the right way is not believed to turn the other way soon.
      return Math.max(isTurned(variants[k]) ? -MOST_AGAINST : -wins, kept * sum + gained);
    });
    if (!decides) return null;
    // Of a guess, the other way round must explain it better than anything the right way round.
    const upright = this.isSure ? 0 : Math.max(...this.#evidence.filter((_, k) => !isTurned(variants[k])));
    const surplus = this.#evidence.map((sum, k) => sum - (isTurned(variants[k]) ? Math.max(0, upright) : 0));
    const best = surplus.indexOf(Math.max(...surplus));
    if ((surplus[best] ?? 0) >= wins) {
      this.reset();
      return variants[best] ?? null;
    }
    if (!this.isSure && this.#evidence.every((sum, k) => k === 0 || isTurned(variants[k]) || sum <= -REFUTED)) {
      this.begin(false);
      this.#evidence = this.#search.variants.map((variant) => (isTurned(variant) ? -REFUTED_TURN : 0));
    }
    return null;
  }
}

/** The target is off the centre. In the middle, a camera that is turned, or hardly moves, and a target that moves likewise look the same. */
function runsAway({ atMs, direction, own, fieldDeg }: WatchInput): boolean {
  return direction.some((deg, axis) => Math.abs(deg - (own[axis]?.(atMs).position ?? deg)) > AWAY * fieldDeg);
}

function isFarOff(variant: Correction | undefined): boolean {
  return variant !== undefined && Math.min(variant.pan, variant.tilt) < 0.3;
}

function isTurned(variant: Correction | undefined): boolean {
  return variant !== undefined && Math.min(variant.pan, variant.tilt) < 0;
}

/** The sighting as it would be if the camera were different in that way: what its filter takes in. */
function seenAs(variant: Correction, { atMs, direction, noiseVar, fieldDeg, own }: WatchInput) {
  const seen = direction.map((deg, axis) => {
    const assumed = own[axis]?.(atMs).position ?? 0;
    // An answer that comes later shows the pose of a while ago; a faster one, a pose further out.
    const pose = (own[axis]?.(atMs - variant.delayMs).position ?? 0) * (axis === 0 ? variant.pan : variant.tilt);
    return deg + pose - assumed;
  });
  return [atMs, seen, noiseVar, fieldDeg] as const;
}

/** The plant with a correction made; a zoom answers as late as the other axes. */
export function corrected({ pan, tilt, zoom }: Plant, correction: Correction): Plant {
  const later = (delayMs: number) => Math.max(0, delayMs + correction.delayMs);
  const axis = (name: TurnAxis, plant: AxisPlant): AxisPlant => {
    const changed = { ...plant, delayMs: later(plant.delayMs), gainPerS: plant.gainPerS * correction[name] };
    const isProven = plant.positionScale !== undefined || correction.seen?.includes(name) || correction[name] < 0;
    return isProven ? { ...changed, positionScale: (plant.positionScale ?? 1) * Math.sign(correction[name]) } : changed;
  };
  return {
    pan: axis('pan', pan),
    tilt: axis('tilt', tilt),
    zoom: { ...zoom, delayMs: later(zoom.delayMs) },
  };
}
