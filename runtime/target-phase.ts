/**
 * The phase machine of target selection (wire contract, "Phases"): no target → `idle`; target seen in this frame →
 * `tracking`; unseen for less than the grace time → `searching`; longer → `lost`. Pure: time is an argument.
 */
import type { TrackingPhase } from './data.ts';

export class TargetPhase {
  /** How long an unseen target is searched for before it is lost. */
  graceMs: number;
  #targetId: number | null;
  #lastSeenMs: number;

  /** @param lastSeenMs of the target, where that is known from before */
  constructor(graceMs: number, targetId: number | null = null, lastSeenMs = Number.NEGATIVE_INFINITY) {
    this.graceMs = graceMs;
    this.#targetId = targetId;
    this.#lastSeenMs = lastSeenMs;
  }

  get lastSeenMs(): number {
    return this.#lastSeenMs;
  }

  get targetId(): number | null {
    return this.#targetId;
  }

  /** Selects a target, or none. The grace time starts now: a target that is not in sight is searched for first. */
  select(targetId: number | null, nowMs: number): void {
    this.#targetId = targetId;
    this.#lastSeenMs = nowMs;
  }

  /** The phase at `nowMs`, given the ids that are in sight. */
  step(idsInSight: Iterable<number>, nowMs: number): TrackingPhase {
    if (this.#targetId === null) return 'idle';
    for (const id of idsInSight) {
      if (id !== this.#targetId) continue;
      this.#lastSeenMs = nowMs;
      return 'tracking';
    }
    return nowMs - this.#lastSeenMs < this.graceMs ? 'searching' : 'lost';
  }
}
