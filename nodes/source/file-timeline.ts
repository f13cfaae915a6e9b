/**
 * Turns a file's own timestamps into one media time that only rises: over loops, and where a broken file jumps. Pure but
 * for the clock it is given.
 */
import type { Clock, Pace } from '../../runtime/node.ts';
import type { MediaInput } from './media-input.ts';

/** Decoding times that go back by more have jumped. */
const MAX_STEP_BACK_S = 1;
const DEFAULT_FRAME_S = 0.04;

/** Where the packets of a file lie. */
export interface Placement {
  /** Media time less timestamp. */
  readonly shiftS: number;
  /** Capture time of media time 0 on the monotonic clock; `asap`: 0. */
  readonly originMonoMs: number;
}

export class FileTimeline {
  readonly #pace: Pace;
  readonly #clock: Clock;
  /** One frame. */
  frameS = DEFAULT_FRAME_S;
  /** Time of the first frame, when the container says. */
  #firstS: number | undefined;
  /** A step ahead by more is a broken timestamp, not a pause. */
  #longestPauseS = 0;
  /** By how much pictures are later than the times of their packets. */
  #heldS = 0;
  /** Highest presentation time since the start or the last loop: packets come in decoding order. */
  #newestS: number | undefined;
  /** Decoding time of the packet before. */
  #decodingS: number | undefined;
  #shiftS = 0;
  /** Media time at which a file that was just opened goes on; until its first timestamp. */
  #pendingMediaS: number | undefined = 0;
  #originMonoMs: number | undefined;

  constructor(pace: Pace, clock: Clock) {
    this.#pace = pace;
    this.#clock = clock;
  }

  /** The file was opened. After a break, media time goes on by one frame; in `realtime`, it goes on now. */
  begin(
    { frameRate, longestPauseS, heldS }: Pick<MediaInput, 'frameRate' | 'longestPauseS' | 'heldS'>,
    firstS: number | undefined,
  ): void {
    this.#pendingMediaS ??= this.#nextMediaS();
    this.frameS = frameRate > 0 ? 1 / frameRate : DEFAULT_FRAME_S;
    [this.#longestPauseS, this.#heldS] = [longestPauseS, heldS];
    this.#firstS = firstS;
    if (this.#pace === 'realtime') this.#originMonoMs = undefined;
  }

  /** The file starts again at `fromS`. */
  loop(fromS: number): void {
    this.#shiftS = this.#nextMediaS() - fromS;
    // The first packets may lie long before `fromS`, at the key frame that the decoder needs; that is no jump.
    this.#newestS = undefined;
    this.#decodingS = undefined;
  }

  /** Where the packet of this presentation time lies. */
  at(timeS: number | undefined, decodingS = timeS): Placement {
    const stepS = (decodingS ?? 0) - (this.#decodingS ?? decodingS ?? 0);
    this.#decodingS = decodingS ?? this.#decodingS;
    if (this.#pendingMediaS !== undefined) this.#start(this.#pendingMediaS, timeS);
    else if (timeS !== undefined) {
      const isBroken = stepS > this.#longestPauseS || stepS < -MAX_STEP_BACK_S;
      if (isBroken) this.#shiftS = this.#nextMediaS() - timeS;
      this.#newestS = isBroken ? timeS : Math.max(this.#newestS ?? timeS, timeS);
    }
    return { shiftS: this.#shiftS, originMonoMs: this.#originMonoMs ?? 0 };
  }

  #start(mediaS: number, timeS: number | undefined): void {
    this.#shiftS = mediaS - (this.#firstS ?? timeS ?? 0);
    this.#newestS = timeS;
    // Without any time yet, the packet that brings the first one is the one to start from.
    const isOpen = timeS === undefined && this.#firstS === undefined;
    this.#pendingMediaS = isOpen ? mediaS + this.frameS : undefined;
    this.#originMonoMs ??= this.#pace === 'asap' ? 0 : this.#clock.monoMs() - mediaS * 1000;
  }

  /** One frame after the newest picture. */
  #nextMediaS(): number {
    return this.#newestS === undefined ? 0 : this.#newestS + this.#heldS + this.#shiftS + this.frameS;
  }
}
