/**
 * When packets of a stream that comes in segments are handed on: as far apart as their pictures were taken, with a
 * delay just long enough that the next segment is there in time. Pure stepper; times are milliseconds.
 */
import { LowerEdge } from '../../timing/index.ts';

/** Held back beyond what the latest segments needed. */
const MARGIN_MS = 100;
/** The delay shrinks by no more than this share of the time that passes: faster would be seen. */
const CATCH_UP = 0.05;
/** Further ahead than that, the timestamps have jumped. */
const LONGEST_WAIT_MS = 30_000;

export class Playout {
  /** Of the negative delays: the largest delay is what counts here. */
  readonly #negative = new LowerEdge(0);
  #offsetMs = Number.NaN;
  #lastMs = 0;

  /** A packet arrived. */
  observe(timestampMs: number, arrivalMs: number): void {
    const delayMs = arrivalMs - timestampMs + MARGIN_MS;
    if (timestampMs + this.#offsetMs - arrivalMs > LONGEST_WAIT_MS) this.#negative.clear();
    this.#negative.add(arrivalMs, -delayMs);
    const neededMs = -this.#negative.at(arrivalMs);
    const shrunkMs = this.#offsetMs - CATCH_UP * (arrivalMs - this.#lastMs);
    this.#lastMs = arrivalMs;
    const isNew = Number.isNaN(this.#offsetMs) || Math.abs(neededMs - this.#offsetMs) > LONGEST_WAIT_MS;
    this.#offsetMs = isNew ? neededMs : Math.max(neededMs, shrunkMs);
  }

  /** When a packet is due. */
  dueMs(timestampMs: number): number {
    return timestampMs + this.#offsetMs;
  }
}
