/** Velocities as Octagon commands: direction and percents for the head, tele or wide for the lens, and stops. */
import type { Velocity } from '../driver.ts';
import type { LensMove, MoveQuery, OctagonApi } from './api.ts';
import type { OctagonOptions } from './options.ts';

export type MotionOptions = Pick<OctagonOptions, 'pan_speed_percent' | 'tilt_speed_percent' | 'zoom_threshold'>;

/** A running lens command is sent again at this interval, in case another client has stopped it. */
const LENS_AGAIN_MS = 500;

/** @returns null: the head is to stand */
export function moveQuery({ pan, tilt }: Velocity, options: MotionOptions): MoveQuery | null {
  const panSpeed = Math.round(Math.abs(pan) * options.pan_speed_percent);
  const tiltSpeed = Math.round(Math.abs(tilt) * options.tilt_speed_percent);
  const vertical = tiltSpeed === 0 ? '' : tilt > 0 ? 'up' : 'down';
  const horizontal = panSpeed === 0 ? '' : pan > 0 ? 'right' : 'left';
  const direction = vertical + horizontal;
  return direction === '' ? null : { direction, panSpeed, tiltSpeed };
}

export function lensMove({ zoom }: Velocity, { zoom_threshold: threshold }: MotionOptions): LensMove {
  if (Math.abs(zoom) < threshold) return 'stop';
  return zoom > 0 ? 'zoomTele' : 'zoomWide';
}

/** What head and lens were told last, so that each is told only what it must be. */
export class OctagonMotion {
  readonly #api: OctagonApi;
  readonly #options: MotionOptions;
  #isHeadMoving = false;
  #lens: { readonly move: LensMove; readonly atMs: number } = { move: 'stop', atMs: Number.NEGATIVE_INFINITY };
  #isPreset = false;

  constructor(api: OctagonApi, options: MotionOptions) {
    this.#api = api;
    this.#options = options;
  }

  async move(velocity: Velocity, nowMs: number, signal: AbortSignal): Promise<void> {
    const query = moveQuery(velocity, this.#options);
    // Set first: also a request without an answer may move it.
    const wasMoving = this.#isHeadMoving;
    if (query !== null) {
      this.#isHeadMoving = true;
      await this.#api.move(query, signal);
    } else if (wasMoving) {
      await this.#api.stopPanTilt(signal);
      this.#isHeadMoving = false;
    }
    await this.#moveLens(lensMove(velocity, this.#options), nowMs, signal);
  }

  async #moveLens(move: LensMove, nowMs: number, signal: AbortSignal): Promise<void> {
    const last = this.#lens;
    const isDue = move === 'stop' ? last.move !== 'stop' : move !== last.move || nowMs - last.atMs >= LENS_AGAIN_MS;
    if (!isDue || !this.#api.hasLens) return;
    // Until it is answered, it is unknown whether the camera moves.
    this.#lens = { move: move === 'stop' ? last.move : move, atMs: Number.NEGATIVE_INFINITY };
    await this.#api.lensMove(move, signal);
    this.#lens = { move, atMs: nowMs };
  }

  presetStarted(): void {
    this.#isPreset = true;
  }

  /**
   * Stops the head, beside it what else we have set in motion, and then, to be sure, the lens; a lens that refuses
   * holds up no head. Not all at once when it need not be: when the password changes, each is a refusal that the camera
   * counts.
   * @throws what the head's stop failed with
   */
  async stop(signal: AbortSignal | undefined): Promise<void> {
    const wasZooming = this.#lens.move !== 'stop';
    const stopLens = async () => {
      if (this.#api.hasLens) await this.#api.lensMove('stop', signal);
    };
    const [head, lens] = await Promise.allSettled([
      this.#api.stopPanTilt(signal),
      wasZooming ? stopLens() : undefined,
      this.#isPreset ? this.#api.stopPreset(signal) : undefined,
    ]);
    if (head.status === 'rejected') throw head.reason;
    this.#isHeadMoving = false;
    if (lens.status === 'rejected') throw lens.reason;
    if (!wasZooming) await Promise.allSettled([stopLens()]);
    this.#lens = { move: 'stop', atMs: Number.NEGATIVE_INFINITY };
    this.#isPreset = false;
  }
}
