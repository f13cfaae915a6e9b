/**
 * Turns a stream's own timestamps into one media time that only rises: over loops, reconnects and jumps in the
 * timestamps. Pure but for the clock it is given.
 */
import type { Clock, Pace, Timeline } from '../../runtime/node.ts';

/** A step beyond these is a broken timestamp, not a pause. */
const MAX_STEP_S = 10;
const MAX_STEP_BACK_S = 1;
const DEFAULT_FRAME_S = 0.04;

export class TimelineTracker {
  readonly #pace: Pace;
  readonly #clock: Clock;
  #timeline: Timeline | undefined;
  #firstPtsS: number | undefined;
  #frameS = DEFAULT_FRAME_S;
  /** Highest presentation time so far: packets come in decoding order. */
  #newestS: number | undefined;
  /** Media time at which a stream that was just opened goes on. */
  #pendingMediaS: number | undefined = 0;
  #live = false;

  constructor(pace: Pace, clock: Clock) {
    this.#pace = pace;
    this.#clock = clock;
  }

  /** A stream was opened. @param firstPtsS time of its first frame, when known */
  begin(kind: 'finite' | 'live', frameRate: number, firstPtsS: number | undefined): void {
    this.#live = kind === 'live';
    this.#frameS = frameRate > 0 ? 1 / frameRate : DEFAULT_FRAME_S;
    this.#firstPtsS = firstPtsS;
    this.#pendingMediaS = this.#timeline ? this.#mediaNowS() : 0;
    this.#newestS = undefined;
  }

  /** The file starts again at `fromS`. */
  loop(fromS: number): void {
    this.#anchor(fromS, this.#mediaNowS(), this.#timeline);
    // The first packets may lie long before `fromS`, at the key frame that the decoder needs; that is no jump.
    this.#newestS = undefined;
  }

  /** The timeline for a packet of this presentation time. */
  at(timeS: number | undefined): Timeline {
    if (this.#timeline === undefined || this.#pendingMediaS !== undefined) {
      // A live stream starts now; its first packet may lie anywhere in its own time.
      const origin = this.#live ? (timeS ?? 0) : (this.#firstPtsS ?? timeS ?? 0);
      // What was opened again after a break has lost time: in `realtime` it goes on now, not where the clock was.
      const before = this.#live || this.#pace === 'realtime' ? undefined : this.#timeline;
      const timeline = this.#anchor(origin, this.#pendingMediaS ?? 0, before);
      this.#newestS = timeS;
      // Without any time yet, the packet that brings the first one is the one to start from.
      this.#pendingMediaS = timeS === undefined && this.#firstPtsS === undefined ? this.#mediaNowS() : undefined;
      return timeline;
    }
    if (timeS === undefined) return this.#timeline;
    const step = timeS - (this.#newestS ?? timeS);
    if (step > MAX_STEP_S || step < -MAX_STEP_BACK_S) {
      const timeline = this.#anchor(timeS, this.#mediaNowS(), this.#live ? undefined : this.#timeline);
      this.#newestS = timeS;
      return timeline;
    }
    this.#newestS = Math.max(this.#newestS ?? timeS, timeS);
    return this.#timeline;
  }

  /** Media time one frame after the newest packet. */
  #mediaNowS(): number {
    const { originMediaS = 0, originPtsS = 0 } = this.#timeline ?? {};
    return originMediaS + ((this.#newestS ?? originPtsS) - originPtsS) + this.#frameS;
  }

  /** @param before the timeline whose clock goes on; without it the clock starts now */
  #anchor(ptsS: number, mediaS: number, before: Timeline | undefined): Timeline {
    const stepMs = before ? (mediaS - before.originMediaS) * 1000 : 0;
    const monoMs = this.#pace === 'asap' ? mediaS * 1000 : this.#clock.monoMs();
    this.#timeline = {
      originPtsS: ptsS,
      originMediaS: mediaS,
      originUnixMs: before ? before.originUnixMs + stepMs : this.#clock.unixMs(),
      originMonoMs: before ? before.originMonoMs + stepMs : monoMs,
      clock: this.#live ? 'arrival' : 'media',
    };
    return this.#timeline;
  }
}
