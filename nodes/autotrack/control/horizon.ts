/** Time in which an error is corrected: shorter is closer to the target, longer is calmer. */

/** Beyond half the time between two commands … */
const LEAST_S = 0.15;
/** … and this part of the time between two sightings: a turn is seen no sooner … */
const BY_GAP = 0.4;
/** … and so much more of it for each frame width by which boxes jitter: noise is not to be chased. */
const BY_JITTER_S = 20;
/** Time constant of the average of the time between sightings, in sightings. */
const GAP_SIGHTINGS = 8;
const MOST_GAP_S = 3;

export class Horizon {
  #gapS = 0.1;

  /** Average time between two sightings, seconds. */
  get gapS(): number {
    return this.#gapS;
  }

  /** Notes the time since the last sighting. */
  seenAfter(gapS: number): void {
    if (Number.isFinite(gapS) && gapS > 0) this.#gapS += (Math.min(gapS, MOST_GAP_S) - this.#gapS) / GAP_SIGHTINGS;
  }

  /** @param jitter standard deviation of the box centre, share of the frame width @returns seconds */
  seconds(commandsPerS: number, jitter: number): number {
    return LEAST_S + 0.5 / commandsPerS + BY_GAP * Math.min(1, this.#gapS) + BY_JITTER_S * jitter;
  }
}
