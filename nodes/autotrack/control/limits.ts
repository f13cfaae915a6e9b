/**
 * The last stage before the camera: bounds of speed, change and command rate, and the lease. What has not changed
 * enough to matter is not sent; what is to go on is renewed before the camera's lease ends; a stop waits for nothing
 * but the command rate.
 */
import type { ControlOptions } from './options.ts';
import { AXES, NO_VELOCITY, type Velocity } from './types.ts';

/** Commands are rounded to this: finer steps would not be told apart by any camera. */
const STEP = 1e-4;
/** A command is renewed after this part of its lease, so that one lost command does not stop the camera. */
const RENEW_AFTER = 0.45;
/** A change is sent from this part of the command on, or from a least change that the caller gives. */
const LEAST_PART = 0.02;
/** Timers fire a little early or late. */
const TIMER_SLACK_MS = 1;

export class CommandGate {
  readonly #options: ControlOptions;
  #last: Velocity = NO_VELOCITY;
  #lastMs = Number.NEGATIVE_INFINITY;
  /** How long a command holds. */
  leaseMs: number;

  constructor(options: ControlOptions) {
    this.#options = options;
    this.leaseMs = options.lease_s * 1000;
  }

  /** The command in force. */
  get last(): Velocity {
    return this.#last;
  }

  /** The command in force turns the camera. */
  get isTurning(): boolean {
    return this.#last.pan !== 0 || this.#last.tilt !== 0;
  }

  /** For how long the command in force has been so, seconds; a second at most. */
  sinceS(nowMs: number): number {
    return Math.min(1, (nowMs - this.#lastMs) / 1000);
  }

  /**
   * @param wanted velocity by axis, unbounded
   * @param leastChange by axis: smaller changes are not worth a command
   * @returns what to send now; null when nothing is to be sent
   */
  offer(nowMs: number, wanted: Velocity, leastChange: Velocity): Velocity | null {
    const sinceMs = nowMs - this.#lastMs;
    if (sinceMs + TIMER_SLACK_MS < 1000 / this.#options.commands_per_s) return null;
    const bounded = this.#bound(wanted, sinceMs / 1000);
    const moves = AXES.some((axis) => bounded[axis] !== 0);
    const changes = AXES.some((axis) => {
      const [from, to] = [this.#last[axis], bounded[axis]];
      if (from === to) return false;
      return to === 0 || Math.abs(to - from) >= Math.max(leastChange[axis], LEAST_PART * Math.abs(from));
    });
    if (changes) return bounded;
    const renew = moves && sinceMs >= RENEW_AFTER * this.leaseMs;
    return renew ? this.#last : null;
  }

  /** Notes what was sent. */
  sent(command: Velocity, atMs: number): void {
    this.#last = command;
    this.#lastMs = atMs;
  }

  #bound(wanted: Velocity, sinceS: number): Velocity {
    const { max_speed, max_change_per_s } = this.#options;
    const change = max_change_per_s * Math.min(sinceS, 1);
    const bound = (value: number, last: number) => {
      const fast = Math.min(max_speed, Math.max(-max_speed, Number.isFinite(value) ? value : 0));
      // A stop is never limited.
      const near = fast === 0 ? 0 : Math.min(last + change, Math.max(last - change, fast));
      return Math.round(near / STEP) * STEP + 0;
    };
    return {
      pan: bound(wanted.pan, this.#last.pan),
      tilt: bound(wanted.tilt, this.#last.tilt),
      zoom: bound(wanted.zoom, this.#last.zoom),
    };
  }
}
