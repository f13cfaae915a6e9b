/**
 * Frames that nobody looked at, since nothing moves in them: they show what the last one that was looked at did, and no
 * time passes for the tracker. A track is as little lost in them as it is found.
 */
import type { RememberedTrack, Track } from '../../runtime/node.ts';
import type { StepResult } from './byte-track.ts';

type Seen = Pick<StepResult, 'tracks' | 'remembered'>;

interface State extends Seen {
  /** How long all frames that were not looked at have lasted. */
  readonly idleMs: number;
  readonly lastMs: number | null;
}

export class Held {
  #state: State;

  /** @param state of one that this one goes on from */
  constructor(state: State = { tracks: [], remembered: [], idleMs: 0, lastMs: null }) {
    this.#state = state;
  }

  get state(): State {
    return this.#state;
  }

  /** The next frame. @returns its time on the clock of the tracker, which stands still in frames that nobody looked at */
  timeS(captureMonoMs: number, looked: boolean): number {
    const { idleMs, lastMs } = this.#state;
    const passedMs = looked || lastMs === null ? 0 : Math.max(0, captureMonoMs - lastMs);
    this.#state = { ...this.#state, idleMs: idleMs + passedMs, lastMs: captureMonoMs };
    return (captureMonoMs - this.#state.idleMs) / 1000;
  }

  /** What a frame that was looked at has shown. */
  keep({ tracks, remembered }: Seen): void {
    this.#state = { ...this.#state, tracks, remembered };
  }

  /** These tracks are over. */
  drop(ids: readonly number[]): void {
    const stay = ({ id }: { readonly id: number }) => !ids.includes(id);
    const { tracks, remembered } = this.#state;
    this.keep({ tracks: tracks.filter(stay), remembered: remembered.filter(stay) });
  }

  /** The same, in a frame that was not looked at: at rest. */
  at(captureMonoMs: number): { readonly tracks: readonly Track[]; readonly remembered: readonly RememberedTrack[] } {
    const { tracks, remembered } = this.#state;
    const atRest = tracks.map((track) => ({ ...track, velocityPxPerS: { x: 0, y: 0 } }));
    return { tracks: atRest, remembered: untilOf(remembered, captureMonoMs) };
  }
}

/** When they can be seen again no more, on the clock of the frames. */
export function untilOf(remembered: StepResult['remembered'], captureMonoMs: number): RememberedTrack[] {
  return remembered.map(({ id, forS }) => ({ id, untilMonoMs: captureMonoMs + forS * 1000 }));
}
