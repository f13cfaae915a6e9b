/**
 * Limits a frame rate by time, not by counting: frames of uneven rate come out as evenly as they can. Pure stepper.
 */
export class FrameRateLimit {
  readonly #periodS: number;
  #dueS = Number.NEGATIVE_INFINITY;

  /** @param fps highest rate; undefined lets everything through */
  constructor(fps: number | undefined) {
    this.#periodS = fps === undefined ? 0 : 1 / fps;
  }

  /** True when the frame of this media time (seconds) may pass. */
  passes(mediaTimeS: number): boolean {
    if (this.#periodS === 0) return true;
    // Half a millisecond of slack: timestamps are rounded by containers.
    if (mediaTimeS < this.#dueS - 0.0005 && mediaTimeS > this.#dueS - 2 * this.#periodS) return false;
    const late = mediaTimeS - this.#dueS;
    // Keep the beat while the source keeps up; after a gap, start a new one.
    this.#dueS = late >= 0 && late < this.#periodS ? this.#dueS + this.#periodS : mediaTimeS + this.#periodS;
    return true;
  }
}
