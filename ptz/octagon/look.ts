/** Position of an Octagon camera, for the driver and for the position source. */
import type { CameraLook } from '../network/camera.ts';
import { refusalOf } from '../network/http.ts';
import { MotionSense } from '../network/motion-sense.ts';
import type { DriverTime } from '../time.ts';
import type { OctagonApi } from './api.ts';

export class OctagonEyes {
  readonly #api: OctagonApi;
  readonly #time: DriverTime;
  readonly #motion = new MotionSense(false);

  constructor(api: OctagonApi, time: DriverTime) {
    this.#api = api;
    this.#time = time;
  }

  /** @throws WindhoverError `ptz_unreachable`, `ptz_login`, …; what the camera refused is null */
  async look(signal: AbortSignal): Promise<CameraLook> {
    const { clock } = this.#time;
    const startMs = clock.monoMs();
    // One after the other, beside one command at most: when the password changes, each is a refusal that the camera
    // counts.
    const head = await unlessRefused(this.#api.position(signal));
    const atMs = head === null ? startMs : (startMs + clock.monoMs()) / 2;
    const lens = await unlessRefused(this.#api.lens(signal));
    const zoom = lens === null ? null : Math.min(1, Math.max(0, lens.zoom / 100));
    const shares = { pan: head && head.pan / 360, tilt: head && head.tilt / 180, zoom, saysMoving: null };
    const moving = this.#motion.step(shares, atMs);
    return { atMs, pan: head?.pan ?? null, tilt: head?.tilt ?? null, zoom, moving };
  }
}

/** Null for what the camera refuses. */
export async function unlessRefused<T>(request: Promise<T | null>): Promise<T | null> {
  return (await refusalOf(request)) === null ? await request : null;
}
