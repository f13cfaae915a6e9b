/** Where a replay is: a pure stepper. Times of the recording and of our clock are never mixed. */

export interface PlaybackOptions {
  readonly durationMs: number;
  /** Milliseconds of the recording for one of ours. */
  readonly speed: number;
  readonly loop: boolean;
}

/** What is to be played: later than `fromMs`, up to and including `toMs`. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Before the first message, which is at 0. */
const BEGIN_MS = -1;
/** A loop of a recording of no length must not turn without end. */
const LEAST_ROUND_MS = 1000;

export class Playback {
  readonly durationMs: number;
  readonly loop: boolean;
  speed: number;
  isPlaying = true;
  #positionMs = BEGIN_MS;
  #nowMs: number | undefined;

  constructor({ durationMs, speed, loop }: PlaybackOptions) {
    this.durationMs = durationMs;
    this.speed = speed;
    this.loop = loop;
  }

  /** Place in the recording. */
  get positionMs(): number {
    return Math.min(Math.max(0, this.#positionMs), this.durationMs);
  }

  get isOver(): boolean {
    return !this.loop && this.#positionMs >= this.durationMs;
  }

  /** Goes on from this place at the next step. @returns the place, within the recording */
  seek(positionMs: number): number {
    this.#positionMs = Math.min(Math.max(0, positionMs), this.durationMs);
    return this.#positionMs;
  }

  /** What has become due since the step before. A round that is over is two spans: its end, and the beginning of the next. */
  step(nowMs: number): readonly Span[] {
    const passedMs = this.isPlaying ? (nowMs - (this.#nowMs ?? nowMs)) * this.speed : 0;
    const isFirst = this.#nowMs === undefined;
    this.#nowMs = nowMs;
    if (!this.isPlaying || this.isOver) return [];
    const fromMs = this.#positionMs;
    if (fromMs === BEGIN_MS && isFirst) this.#positionMs = 0;
    else this.#positionMs += passedMs;
    const roundMs = Math.max(this.durationMs, LEAST_ROUND_MS);
    if (!this.loop || this.#positionMs <= roundMs) return [{ fromMs, toMs: this.#positionMs }];
    // A halt of this process is not made up for by whole rounds.
    const over = (this.#positionMs - roundMs) % roundMs;
    this.#positionMs = over;
    return [
      { fromMs, toMs: roundMs },
      { fromMs: BEGIN_MS, toMs: over },
    ];
  }
}
