/**
 * Decides whether a client keeps up. A pure stepper: time (monotonic ms) and the socket's unsent bytes are arguments.
 *
 *     keeps_up ──unsent data, or a late pong──▶ behind ──for too long, or too much──▶ too_slow
 *         ▲────────────────all sent, pong came────────┘
 *
 * Unsent bytes show a client that is slower than its messages for long. Pings show the others: what lies in the
 * kernel's buffers counts as sent, and holds minutes of ticks.
 */
import type { ServerLimits } from './limits.ts';

/** `behind`: no ticks for now, it gets the latest once it is back. `too_slow`: to be closed. */
export type ClientPace = 'keeps_up' | 'behind' | 'too_slow';

type Limits = Pick<
  ServerLimits,
  'maxUnsentBytes' | 'unsentForMs' | 'pingEveryMs' | 'lateAfterMs' | 'unansweredForMs' | 'neverAnsweredForMs'
>;

export class SlowClientWatch {
  readonly #limits: Limits;
  #unsentSinceMs: number | undefined;
  #pinged: { readonly id: number; readonly atMs: number } | undefined;
  #lastPingMs = Number.NEGATIVE_INFINITY;
  #pings = 0;
  /** Some clients never answer pings though they must. They read all the same, so they get ticks until they are closed. */
  #answers = false;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  step(nowMs: number, unsentBytes: number): ClientPace {
    if (unsentBytes > this.#limits.maxUnsentBytes) return 'too_slow';
    if (unsentBytes > 0) this.#unsentSinceMs ??= nowMs;
    else this.#unsentSinceMs = undefined;
    const unsentMs = nowMs - (this.#unsentSinceMs ?? nowMs);
    const unansweredMs = nowMs - (this.#pinged?.atMs ?? nowMs);
    const answerWithinMs = this.#answers ? this.#limits.unansweredForMs : this.#limits.neverAnsweredForMs;
    if (unsentMs >= this.#limits.unsentForMs || unansweredMs >= answerWithinMs) return 'too_slow';
    const late = this.#answers && unansweredMs >= this.#limits.lateAfterMs;
    return unsentBytes > 0 || late ? 'behind' : 'keeps_up';
  }

  /** The payload of a ping to send now, or undefined when none is due. One is under way at most. */
  pingDue(nowMs: number): string | undefined {
    if (this.#pinged || nowMs - this.#lastPingMs < this.#limits.pingEveryMs) return undefined;
    this.#lastPingMs = nowMs;
    this.#pings += 1;
    this.#pinged = { id: this.#pings, atMs: nowMs };
    return String(this.#pings);
  }

  /** A pong came. Those that answer no ping of ours are ignored: clients may send them at will. */
  pong(payload: string): void {
    if (!this.#pinged || payload !== String(this.#pinged.id)) return;
    this.#pinged = undefined;
    this.#answers = true;
  }
}

/**
 * Time in which this process was awake. A process that was held up or suspended did not read what clients sent it, so
 * that time must not count against them: between two readings, at most `maxGapMs` passes.
 */
export class AwakeTime {
  readonly #maxGapMs: number;
  #lastMs: number | undefined;
  #awakeMs = 0;

  constructor(maxGapMs: number) {
    this.#maxGapMs = maxGapMs;
  }

  /** Reads the time, given that of a monotonic clock. */
  at(nowMs: number): number {
    const gapMs = nowMs - (this.#lastMs ?? nowMs);
    this.#lastMs = nowMs;
    this.#awakeMs += Math.min(Math.max(0, gapMs), this.#maxGapMs);
    return this.#awakeMs;
  }
}
