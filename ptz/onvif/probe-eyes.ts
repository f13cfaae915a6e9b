/** How the probe observes its test moves: status reports, and what the change between them means. */
import { aborted } from '../network/http.ts';
import type { DriverTime } from '../time.ts';
import { type FullSpeed, fullSpeedOf } from './full-speed.ts';
import type { PtzCalls, RawStatus } from './ptz-calls.ts';

export type Seen = 'yes' | 'no' | 'unknown';

export const SETTLE_MS = 700;
export const LOOK_MS = 300;
/** Share of an axis's range: a move; and what is no motion within {@link LOOK_MS}. */
export const MOVED = 0.001;
const STILL = 0.0003;

export interface EyesContext {
  readonly calls: PtzCalls;
  readonly time: DriverTime;
  readonly signal: AbortSignal;
}

export class ProbeEyes {
  readonly #context: EyesContext;
  /** Before anything was moved. */
  #start: RawStatus | null = null;

  constructor(context: EyesContext) {
    this.#context = context;
  }

  /** The first look, at a camera that stands. */
  async begin(): Promise<RawStatus | null> {
    this.#start = await this.look();
    return this.#start;
  }

  /** Null: it does not say. */
  async look(): Promise<RawStatus | null> {
    const status = await this.#context.calls.status(this.#context.signal);
    return 'subcodes' in status ? null : status;
  }

  async pause(ms: number): Promise<void> {
    const { time, signal } = this.#context;
    await time.wait(ms, signal);
    if (signal.aborted) throw aborted(signal.reason);
  }

  /**
   * From before the first look to after the second: an answer that is late makes it seem slower than it is, so that
   * moves are told to be faster and are over sooner, never later, than their lease.
   * @param told what it was told to turn at, of full speed
   * @param goal where that ends
   */
  async measureSpeed(told: number, goal?: { readonly pan: number; readonly tilt: number }): Promise<FullSpeed> {
    const { clock } = this.#context.time;
    const firstMs = clock.monoMs();
    const first = await this.look();
    await this.pause(LOOK_MS);
    const second = await this.look();
    return fullSpeedOf(first, second, clock.monoMs() - firstMs, told, goal);
  }

  /** Positions that stay the same to the last digit while the camera says that it moves are none. */
  judgePositions(before: RawStatus | null, ...later: (RawStatus | null)[]): void {
    const isMoving = before?.saysMoving === false && later.some((look) => look?.saysMoving === true);
    if (isMoving && later.every((look) => apart(before, look) === 0)) this.#context.calls.positions.areIgnored = true;
  }

  hasMoved(before: RawStatus | null, during: RawStatus | null, after: RawStatus | null): Seen {
    const far = this.#context.calls.positions.areIgnored ? null : apart(before, after);
    if (far !== null) return Math.max(far, apart(before, during) ?? 0) > MOVED ? 'yes' : 'no';
    return before?.saysMoving === false && during?.saysMoving === true ? 'yes' : 'unknown';
  }

  /** @param during how it was while it moved, to see that MoveStatus tells the difference */
  async isStill(during: RawStatus | null = null): Promise<Seen> {
    const first = await this.look();
    await this.pause(LOOK_MS);
    const second = await this.look();
    const far = apart(first, second);
    if (far !== null) return far < STILL ? 'yes' : 'no';
    if (during?.saysMoving !== true || second === null || this.#start?.saysMoving !== false) return 'unknown';
    return second.saysMoving === false ? 'yes' : 'no';
  }

  /** Slow motors get a second chance: one that has not ended by then does not end. */
  async comesToRest(during: RawStatus | null): Promise<Seen> {
    const first = await this.isStill(during);
    if (first !== 'no') return first;
    await this.pause(SETTLE_MS);
    return await this.isStill(during);
  }
}

/** Of the axis that differs most, as a share of its range; null: not known. */
function apart(first: RawStatus | null, second: RawStatus | null): number | null {
  const ways = (['pan', 'tilt'] as const).flatMap((axis) => {
    const [from, to] = [first?.[axis] ?? null, second?.[axis] ?? null];
    return from === null || to === null ? [] : [Math.abs(to - from)];
  });
  return ways.length === 0 ? null : Math.max(...ways);
}
