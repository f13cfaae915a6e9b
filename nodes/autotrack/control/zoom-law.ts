/**
 * Zoom by the size of the target: a wanted share of the frame, with hysteresis, and never so close that the target
 * could leave the picture within one loop delay: the background that is kept is what it may move through.
 */

import { type Lens, toShare } from './lens.ts';
import type { ControlOptions } from './options.ts';
import type { AxisPlant } from './types.ts';

/** Seconds in which a wrong size is corrected. */
const HORIZON_S = 0.8;
/** Zooming ends when the size is right up to this factor. */
const RIGHT = 1.04;
/** Time constant of the size's average. */
const SIZE_S = 0.6;
/** The target may not move further from the centre, within a loop delay, than this share of the frame width. */
const ROOM = 0.22;
/** Standard deviations of the predicted place that count. */
const SIGMAS = 3;

export interface ZoomInput {
  /** Magnification when a command begins to act. */
  readonly zoomX: number;
  /** How far the target is, and may get, from the centre within a loop delay, degrees. */
  readonly straysDeg: number;
  /** Standard deviation of its predicted place, degrees. */
  readonly stdDeg: number;
}

export class ZoomLaw {
  readonly #options: ControlOptions;
  readonly #lens: Lens;
  #sizeDeg = 0;
  #sizeMs = 0;
  #zooming = false;

  constructor(options: ControlOptions, lens: Lens) {
    this.#options = options;
    this.#lens = lens;
  }

  /** Another target. */
  reset(): void {
    this.#sizeDeg = 0;
    this.#zooming = false;
  }

  /** Notes the size of the target: its longer side as a share of the picture, as an angle along the width. */
  seen(atMs: number, sizeDeg: number): void {
    if (!(sizeDeg > 0) || !Number.isFinite(sizeDeg)) return;
    const part = this.#sizeDeg === 0 ? 1 : 1 - Math.exp(-Math.max(0, atMs - this.#sizeMs) / 1000 / SIZE_S);
    this.#sizeDeg += (sizeDeg - this.#sizeDeg) * part;
    this.#sizeMs = atMs;
  }

  /** Zoom command in units of full speed, not bounded; 0 while the size is right enough. */
  command({ zoomX, straysDeg, stdDeg }: ZoomInput, plant: AxisPlant): number {
    const { max_zoom, fill, fill_tolerance } = this.#options;
    if (max_zoom <= 1 || this.#sizeDeg === 0 || !(Math.abs(plant.gainPerS) > 0)) return 0;
    const room = toShare(this.#lens, 1, straysDeg + SIGMAS * stdDeg) / ROOM;
    const wanted = Math.min(fill / toShare(this.#lens, 1, this.#sizeDeg), 1 / Math.max(room, 1e-6));
    const wantedX = Math.min(max_zoom, Math.max(1, wanted));
    const ratio = wantedX / zoomX;
    const wrong = Math.max(ratio, 1 / ratio);
    if (wrong > fill_tolerance || (wrong > RIGHT && wantedX === 1)) this.#zooming = true;
    if (wrong < RIGHT) this.#zooming = false;
    return this.#zooming ? (wantedX - zoomX) / HORIZON_S / plant.gainPerS : 0;
  }
}
