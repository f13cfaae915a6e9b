/**
 * When the picture of a scene was taken, on the clock of captures. Pure stepper, but for the wall clock.
 *
 * Best is what the pictures of the same stream tell of the camera's clock: then a box and its picture have the same time,
 * however wrong that clock is. Else the times of the scenes are set against their arrival, as those of pictures are.
 */
import { type Clock, type CaptureClock as ClockName, WallTime } from '../../runtime/node.ts';
import { CaptureClock } from '../../timing/index.ts';

/** A scene that is older than that by the clock of the pictures is by another clock. */
const OLDEST_MS = 10_000;
const SET_AHEAD_MS = 100;

export interface Told {
  /** By the clock of the camera; null: it does not say. */
  readonly utcMs: number | null;
  readonly arrivalMonoMs: number;
  /** By the pictures; null: they tell nothing. */
  readonly cameraToMonoMs: number | null;
  /** What that is by. */
  readonly captureClock: ClockName;
}

export class SceneClock {
  readonly #wall: WallTime;
  #own = new CaptureClock();

  constructor(clock: Clock) {
    this.#wall = new WallTime(clock);
  }

  /** The stream starts again. */
  reset(): void {
    this.#own = new CaptureClock();
  }

  /** @returns never later than its arrival */
  captureOf({ utcMs, arrivalMonoMs, cameraToMonoMs, captureClock }: Told): { monoMs: number; clock: ClockName } {
    const absolute = utcMs === null ? {} : { absoluteMs: this.#wall.monoAt(utcMs) };
    const times = { timestampMs: utcMs ?? undefined, arrivalMs: arrivalMonoMs, ...absolute };
    this.#own.observe(times);
    const ownMs = this.#own.captureMs(times);
    if (utcMs !== null && cameraToMonoMs !== null) {
      const monoMs = utcMs + cameraToMonoMs;
      const isOfPictures = monoMs <= arrivalMonoMs + SET_AHEAD_MS && monoMs >= arrivalMonoMs - OLDEST_MS;
      if (isOfPictures) return { monoMs: Math.min(monoMs, arrivalMonoMs), clock: captureClock };
    }
    return { monoMs: ownMs, clock: this.#own.quality(arrivalMonoMs).clock };
  }
}
