/**
 * Whether absolute times run as fast as our clock: those that a sender makes of its own timestamps may not. Pure stepper.
 *
 * A clock of another speed makes the smallest delays rise or fall steadily. Encoders and networks that are late for a
 * while make them jump, and come back.
 */

const BUCKET_MS = 2500;
/** So many steps from one bucket to the next are looked at. */
const STEPS = 10;
/** All but one: one bucket may be late as a whole. */
const ALIKE = STEPS - 1;
/** Clocks of computers differ by far less. */
const MAX_SKEW = 0.003;
const LEAST_STEP_MS = (MAX_SKEW / 2) * BUCKET_MS;

export class AbsolutePace {
  /** They run off: they are not to be believed. */
  isOff = false;
  /** The smallest delays, the oldest first; the last bucket is still being filled. */
  #buckets: { readonly index: number; smallestMs: number }[] = [];

  /** @param delayMs from the absolute time to the arrival */
  add(atMs: number, delayMs: number): void {
    const index = Math.floor(atMs / BUCKET_MS);
    const last = this.#buckets.at(-1);
    if (last?.index === index) {
      last.smallestMs = Math.min(last.smallestMs, delayMs);
      return;
    }
    if (this.#buckets.length > STEPS) this.#judge();
    this.#buckets.push({ index, smallestMs: delayMs });
    this.#buckets = this.#buckets.slice(-STEPS - 1);
  }

  clear(): void {
    this.isOff = false;
    this.#buckets = [];
  }

  #judge(): void {
    const delays = this.#buckets.map(({ smallestMs }) => smallestMs);
    const steps = delays.slice(1).map((delayMs, i) => delayMs - (delays[i] ?? 0));
    const [rising, falling] = [1, -1].map((sign) => steps.filter((ms) => sign * ms > LEAST_STEP_MS).length);
    const allMs = Math.abs((delays.at(-1) ?? 0) - (delays[0] ?? 0));
    const isSteady = Math.max(rising ?? 0, falling ?? 0) >= ALIKE;
    const isSkewed = allMs > MAX_SKEW * STEPS * BUCKET_MS;
    // Once off, they are believed again when they have kept pace for as long.
    this.isOff = this.isOff ? isSkewed : isSteady && isSkewed;
  }
}
