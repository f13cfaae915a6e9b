/** The camera's home: a preset that it goes back to when there is nothing to follow. */

import type { PtzStatus } from '../../ptz/index.ts';
import { errorMessage, type Logger, WindhoverError } from '../../runtime/node.ts';

/** What it needs of the line to the camera. */
export interface Traveller {
  /** @param preset token or name @returns its token */
  goTo(preset: string): Promise<string>;
}

/** A camera does not begin to move at once: an earlier "not moving" is from before. */
const BEGINS_MS = 700;
/** If the camera does not report motion, it counts as arrived after this time. */
const BLIND_MS = 5000;
/** A way home that the camera refused is tried again after this. */
const RETRY_MS = 30_000;

export class Home {
  readonly #preset: string | undefined;
  readonly #log: Logger;
  /** After a start its direction is unknown. */
  #isAway: boolean;
  #token: string | null = null;
  /** When the camera took the command to go home; null: it is not on its way. */
  #leftMs: number | null = null;
  #isAsking = false;
  #isReached = false;
  #tryAgainMs = 0;
  #problem: string | null = null;

  constructor(preset: string | undefined, log: Logger) {
    this.#preset = preset;
    this.#log = log;
    this.#isAway = preset !== undefined;
  }

  get exists(): boolean {
    return this.#preset !== undefined;
  }

  get isAway(): boolean {
    return this.#isAway;
  }

  get isUnderWay(): boolean {
    return this.#isAsking || (this.#leftMs !== null && !this.#isReached);
  }

  /** Why the camera can't go home, if so. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Token of the preset, while the camera rests there. */
  presetAt(isMoving: boolean | null): string | null {
    return !this.#isAway && isMoving === false ? this.#token : null;
  }

  /** It has been moved. */
  leave(): void {
    this.#isAway = this.exists;
    this.#leftMs = null;
    this.#isReached = false;
  }

  /** Sends the camera home, unless it is on its way. Returns at once. */
  go(camera: Traveller, nowMs: number): void {
    if (this.#preset === undefined || this.isUnderWay || nowMs < this.#tryAgainMs) return;
    this.#isAsking = true;
    void this.#ask(camera, this.#preset, nowMs);
  }

  status({ moving, atMs }: PtzStatus, nowMs: number): void {
    if (this.#leftMs === null || this.#isReached) return;
    const isStill = moving === false && atMs > this.#leftMs + BEGINS_MS;
    if (!isStill && !(moving === null && nowMs > this.#leftMs + BLIND_MS)) return;
    this.#isReached = true;
    this.#isAway = false;
  }

  /** The last requested move home has ended. */
  get isReached(): boolean {
    return this.#isReached;
  }

  async #ask(camera: Traveller, preset: string, nowMs: number): Promise<void> {
    try {
      this.#token = await camera.goTo(preset);
      this.#isReached = false;
      this.#leftMs = nowMs;
      this.#problem = null;
    } catch (error) {
      this.#tryAgainMs = nowMs + RETRY_MS;
      this.#problem = errorMessage(error);
      const code = error instanceof WindhoverError ? error.code : 'ptz_failed';
      if (code !== 'ptz_aborted') this.#log.warn(`the camera cannot move to its home: ${this.#problem}`, { code });
    } finally {
      this.#isAsking = false;
    }
  }
}
