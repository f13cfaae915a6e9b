/** The figures of one case. */
import type { PlantSpec } from './files.ts';
import { inPicture, type Order, type Place, type SimulatedCamera } from './plant.ts';

/** Errors and the like count from here. */
const FROM_MS = 3000;
/** The target is centred once it has been within this share of the frame width … */
const CENTRED = 0.05;
/** … for this long. */
const CENTRED_MS = 500;
/** A target out of the picture for longer is lost: the grace time of the autotrack node. */
const LOST_MS = 2000;
/** Errors within this share of the frame width have no sign. */
export const SIGN_DEAD_ZONE = 0.01;
/** Overshoot is looked for this long after the target first crosses the centre. */
const OVERSHOOT_MS = 3000;

export interface CaseFigures {
  /** From the first detection until the target is within 5 % of the frame width of the centre for 0.5 s. */
  readonly time_to_centre_s: number | null;
  /** Of the distance to the centre, shares of the frame width. */
  readonly rms: number;
  readonly p95: number;
  /** Largest error on the other side, within 3 s of first crossing the centre; share of the frame width. */
  readonly overshoot: number;
  /** Share of the time since the first detection in which the target's centre is out of the picture. */
  readonly off_frame_share: number;
  /** The target was out of the picture for more than 2 s at a stretch, or never seen. */
  readonly lost: boolean;
  readonly commands_per_s: number;
  readonly travel_deg: number;
  /** Changes from beyond 1 % of the frame width on one side to beyond it on the other, the worse axis. */
  readonly sign_changes_per_s: number;
  /** Share of the time in which no motion is commanded and the motors are at rest. */
  readonly still_share: number;
  /** Mean share of the frame width that the target takes. */
  readonly fill: number;
}

export class Meter {
  readonly #spec: PlantSpec;
  readonly #endMs: number;
  #firstSeenMs: number | null = null;
  #centredSinceMs: number | null = null;
  #centredMs: number | null = null;
  #errors: number[] = [];
  #commands = 0;
  #moveOrdered = false;
  #still = 0;
  #samples = { all: 0, sinceSeen: 0, off: 0 };
  #offSinceMs: number | null = null;
  #lost = false;
  #fill = 0;
  readonly #sides = { x: new Sides(), y: new Sides() };

  constructor(spec: PlantSpec, endMs: number) {
    this.#spec = spec;
    this.#endMs = endMs;
  }

  /** The target has been detected. */
  seen(nowMs: number): void {
    this.#firstSeenMs ??= nowMs;
  }

  ordered(_nowMs: number, order: Order): void {
    this.#commands++;
    this.#moveOrdered = order.kind === 'velocity' && (order.pan !== 0 || order.tilt !== 0 || order.zoom !== 0);
  }

  add(nowMs: number, camera: SimulatedCamera, place: Place): void {
    const { x, y, width, inFrame } = inPicture(this.#spec, camera.pose, place);
    const error = Math.hypot(x, y);
    if (this.#firstSeenMs !== null) this.#centring(nowMs, error, inFrame);
    this.#sides.x.add(nowMs, x, nowMs >= FROM_MS);
    this.#sides.y.add(nowMs, y, nowMs >= FROM_MS);
    if (nowMs < FROM_MS) return;
    this.#errors.push(error);
    this.#fill += width;
    this.#samples.all++;
    if (!this.#moveOrdered && !camera.moving) this.#still++;
  }

  #centring(nowMs: number, error: number, inFrame: boolean): void {
    this.#samples.sinceSeen++;
    if (!inFrame) this.#samples.off++;
    this.#offSinceMs = inFrame ? null : (this.#offSinceMs ?? nowMs);
    if (this.#offSinceMs !== null && nowMs - this.#offSinceMs > LOST_MS) this.#lost = true;
    this.#centredSinceMs = error <= CENTRED ? (this.#centredSinceMs ?? nowMs) : null;
    if (this.#centredSinceMs !== null && nowMs - this.#centredSinceMs >= CENTRED_MS) {
      this.#centredMs ??= this.#centredSinceMs;
    }
  }

  figures(camera: SimulatedCamera): CaseFigures {
    const sorted = this.#errors.toSorted((a, b) => a - b);
    const n = Math.max(1, sorted.length);
    const countedS = Math.max(0.001, (this.#endMs - FROM_MS) / 1000);
    return {
      time_to_centre_s:
        this.#centredMs === null || this.#firstSeenMs === null ? null : (this.#centredMs - this.#firstSeenMs) / 1000,
      rms: Math.sqrt(sorted.reduce((sum, error) => sum + error * error, 0) / n),
      p95: sorted[Math.floor(0.95 * (sorted.length - 1))] ?? 0,
      overshoot: Math.max(this.#sides.x.overshoot, this.#sides.y.overshoot),
      off_frame_share: this.#firstSeenMs === null ? 1 : this.#samples.off / Math.max(1, this.#samples.sinceSeen),
      lost: this.#lost || this.#firstSeenMs === null,
      commands_per_s: this.#commands / Math.max(0.001, this.#endMs / 1000),
      travel_deg: camera.travelDeg,
      sign_changes_per_s: Math.max(this.#sides.x.changes, this.#sides.y.changes) / countedS,
      still_share: this.#still / Math.max(1, this.#samples.all),
      fill: this.#fill / Math.max(1, this.#samples.all),
    };
  }
}

/** On which side of the centre the target is, along one axis. */
class Sides {
  changes = 0;
  overshoot = 0;
  #side = 0;
  #firstSide = 0;
  #crossedMs: number | null = null;

  add(nowMs: number, error: number, counts: boolean): void {
    const side = Math.abs(error) > SIGN_DEAD_ZONE ? Math.sign(error) : 0;
    if (this.#firstSide === 0) this.#firstSide = side;
    if (this.#firstSide !== 0 && error * this.#firstSide < 0) {
      this.#crossedMs ??= nowMs;
      if (nowMs - this.#crossedMs <= OVERSHOOT_MS) this.overshoot = Math.max(this.overshoot, Math.abs(error));
    }
    if (side === 0 || side === this.#side) return;
    if (this.#side !== 0 && counts) this.changes++;
    this.#side = side;
  }
}
