/** Where an Octagon camera points: one look, for the driver and for the position source. */
import { MotionSense } from '../network/motion-sense.ts';
import type { DriverTime } from '../time.ts';
import type { OctagonApi } from './api.ts';
import { refusalOf } from './client.ts';

export interface OctagonLook {
  /** The middle of the request, on our monotonic clock. */
  readonly atMs: number;
  /** Degrees; null: not said. */
  readonly pan: number | null;
  readonly tilt: number | null;
  /** [0, 1]; null: no lens, or not said. */
  readonly zoom: number | null;
  readonly moving: boolean | null;
}

export class OctagonEyes {
  readonly #api: OctagonApi;
  readonly #time: DriverTime;
  readonly #motion = new MotionSense(false);

  constructor(api: OctagonApi, time: DriverTime) {
    this.#api = api;
    this.#time = time;
  }

  /** @throws WindhoverError `ptz_unreachable`, `ptz_login`, …; what the camera refused is null */
  async look(signal: AbortSignal): Promise<OctagonLook> {
    const { clock } = this.#time;
    const startMs = clock.monoMs();
    let atMs = startMs;
    let place: Awaited<ReturnType<OctagonApi['position']>> = null;
    let lens: Awaited<ReturnType<OctagonApi['lens']>> = null;
    // One after the other, beside one command at most: when the password changes, each is a refusal that the camera counts.
    const placed = this.#api.position(signal).then((found) => {
      place = found;
      atMs = (startMs + clock.monoMs()) / 2;
    });
    await refusalOf(placed);
    const zoomed = this.#api.lens(signal).then((found) => {
      lens = found;
    });
    await refusalOf(zoomed);
    return this.#merged(atMs, place, lens);
  }

  #merged(
    atMs: number,
    place: Awaited<ReturnType<OctagonApi['position']>>,
    lens: Awaited<ReturnType<OctagonApi['lens']>>,
  ): OctagonLook {
    const zoom = lens === null ? null : Math.min(1, Math.max(0, lens.zoom / 100));
    const shares = { pan: place && place.pan / 360, tilt: place && place.tilt / 180, zoom, saysMoving: null };
    const moving = this.#motion.step(shares, atMs);
    return { atMs, pan: place?.pan ?? null, tilt: place?.tilt ?? null, zoom, moving };
  }
}
