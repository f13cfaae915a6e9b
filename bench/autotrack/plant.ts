/**
 * A camera in simulated time: motors with bounded speed and acceleration behind a command delay, a pinhole lens, and
 * detections that come late, jitter, and are missed.
 */
import type { PlantSpec, TargetPath } from './files.ts';
import type { Random } from './random.ts';

const RAD = Math.PI / 180;
/** A position that a relative move has reached, degrees. */
const REACHED_DEG = 1e-3;
/** Mechanical range of the tilt. */
const TILT_RANGE: readonly [number, number] = [-90, 90];

/** What a controller can tell the camera. Relative moves are in degrees. */
export type Order =
  | {
      readonly kind: 'velocity';
      readonly pan: number;
      readonly tilt: number;
      readonly zoom: number;
      readonly leaseMs?: number;
    }
  | { readonly kind: 'relative'; readonly panDeg: number; readonly tiltDeg: number };

export interface Pose {
  readonly panDeg: number;
  readonly tiltDeg: number;
  readonly zoomX: number;
}

/** Box as shares of the picture. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface Place {
  readonly panDeg: number;
  readonly tiltDeg: number;
  readonly widthDeg: number;
}

export class SimulatedCamera {
  readonly #spec: PlantSpec;
  #nowMs = 0;
  #queue: { atMs: number; order: Order }[] = [];
  #velocity = { pan: 0, tilt: 0, zoom: 0 };
  #leaseEndsMs = Number.POSITIVE_INFINITY;
  #goal: { panDeg: number; tiltDeg: number } | null = null;
  #pan = { at: 0, speed: 0 };
  #tilt = { at: 0, speed: 0 };
  #zoomX = 1;
  #idleSinceMs = 0;
  /** Sum of both motors' ways, degrees. */
  travelDeg = 0;

  constructor(spec: PlantSpec) {
    this.#spec = spec;
  }

  get pose(): Pose {
    return { panDeg: this.#pan.at, tiltDeg: this.#tilt.at, zoomX: this.#zoomX };
  }

  get moving(): boolean {
    return this.#pan.speed !== 0 || this.#tilt.speed !== 0;
  }

  send(nowMs: number, order: Order): void {
    this.#queue.push({ atMs: nowMs + this.#spec.command_delay_ms, order });
  }

  /** What the camera's status says about moving: as late as a command takes. */
  reportsIdle(nowMs: number): boolean {
    return this.#queue.length === 0 && this.#goal === null && nowMs - this.#idleSinceMs >= this.#spec.command_delay_ms;
  }

  /** Moves on to a later time. */
  advance(toMs: number): void {
    const dtS = (toMs - this.#nowMs) / 1000;
    this.#nowMs = toMs;
    for (let next = this.#queue[0]; next !== undefined && next.atMs <= toMs; next = this.#queue[0]) {
      this.#queue.shift();
      this.#obey(next.order, next.atMs);
    }
    if (toMs >= this.#leaseEndsMs) this.#velocity = { pan: 0, tilt: 0, zoom: 0 };
    const before = { pan: this.#pan.at, tilt: this.#tilt.at };
    this.#drive(this.#pan, this.#spec.pan, this.#velocity.pan, this.#goal?.panDeg, dtS);
    this.#drive(this.#tilt, this.#spec.tilt, this.#velocity.tilt, this.#goal?.tiltDeg, dtS);
    this.#tilt.at = Math.min(TILT_RANGE[1], Math.max(TILT_RANGE[0], this.#tilt.at));
    this.travelDeg += Math.abs(this.#pan.at - before.pan) + Math.abs(this.#tilt.at - before.tilt);
    const { max_x = 1, rate_x_s = 0 } = this.#spec.zoom ?? {};
    this.#zoomX = Math.min(max_x, Math.max(1, this.#zoomX + this.#velocity.zoom * rate_x_s * dtS));
    if (this.#goal !== null && this.#arrived(this.#goal)) this.#goal = null;
    if (this.moving || this.#goal !== null) this.#idleSinceMs = toMs;
  }

  #obey(order: Order, atMs: number): void {
    if (order.kind === 'velocity') {
      const bound = (value: number) => Math.min(1, Math.max(-1, value));
      this.#velocity = { pan: bound(order.pan), tilt: bound(order.tilt), zoom: bound(order.zoom) };
      this.#leaseEndsMs = atMs + (order.leaseMs ?? Number.POSITIVE_INFINITY);
      this.#goal = null;
      return;
    }
    const [low, high] = TILT_RANGE;
    this.#goal = {
      panDeg: this.#pan.at + order.panDeg,
      tiltDeg: Math.min(high, Math.max(low, this.#tilt.at + order.tiltDeg)),
    };
  }

  #arrived({ panDeg, tiltDeg }: { panDeg: number; tiltDeg: number }): boolean {
    const there = Math.abs(this.#pan.at - panDeg) < REACHED_DEG && Math.abs(this.#tilt.at - tiltDeg) < REACHED_DEG;
    return there && !this.moving;
  }

  /** One motor over a short time: towards a speed, or, with a goal, along the fastest profile that ends there. */
  #drive(
    axis: { at: number; speed: number },
    { max_deg_s, accel_deg_s2 }: PlantSpec['pan'],
    command: number,
    goalDeg: number | undefined,
    dtS: number,
  ): void {
    let wanted = command * max_deg_s;
    if (goalDeg !== undefined) {
      const left = goalDeg - axis.at;
      if (Math.abs(left) < REACHED_DEG) {
        axis.at = goalDeg;
        axis.speed = 0;
        return;
      }
      // Not faster than it can brake from, nor past the goal within this step.
      const fastest = Math.min(max_deg_s, Math.sqrt(2 * accel_deg_s2 * Math.abs(left)), Math.abs(left) / dtS);
      wanted = Math.sign(left) * fastest;
    }
    const change = accel_deg_s2 * dtS;
    const speed = Math.min(axis.speed + change, Math.max(axis.speed - change, wanted));
    axis.at += ((axis.speed + speed) / 2) * dtS;
    axis.speed = speed;
  }
}

/** The target's place at a time: linear between samples, held before the first and after the last. */
export function placeAt({ target }: TargetPath, timeS: number): Place {
  let [from, to] = [target[0], target[0]];
  for (const sample of target) {
    to = sample;
    if (sample[0] >= timeS) break;
    from = sample;
  }
  const [fromS = 0, fromPan = 0, fromTilt = 0, fromWidth = 1] = from ?? [];
  const [toS = 0, toPan = 0, toTilt = 0, toWidth = 1] = to ?? [];
  const part = toS > fromS ? Math.min(1, Math.max(0, (timeS - fromS) / (toS - fromS))) : 0;
  const mix = (a: number, b: number) => a + (b - a) * part;
  return { panDeg: mix(fromPan, toPan), tiltDeg: mix(fromTilt, toTilt), widthDeg: mix(fromWidth, toWidth) };
}

/** The target in the picture: centre and width as shares of its width, + right and down from the picture's centre. */
export interface InPicture {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  /** Its centre is within the picture. */
  readonly inFrame: boolean;
}

/** Places further out than this many frame widths, or behind the camera, count as this far. */
const FARTHEST = 3;

export function inPicture(spec: PlantSpec, pose: Pose, place: Place): InPicture {
  const away = (place.panDeg - pose.panDeg) * RAD;
  const [cosE, sinE] = [Math.cos(place.tiltDeg * RAD), Math.sin(place.tiltDeg * RAD)];
  const [cosT, sinT] = [Math.cos(pose.tiltDeg * RAD), Math.sin(pose.tiltDeg * RAD)];
  const right = cosE * Math.sin(away);
  const level = cosE * Math.cos(away);
  const ahead = level * cosT + sinE * sinT;
  const up = sinE * cosT - level * sinT;
  const frameWidth = (2 * Math.tan((spec.hfov_deg / 2) * RAD)) / pose.zoomX;
  const width = (2 * Math.tan((place.widthDeg / 2) * RAD)) / frameWidth;
  const far = Math.hypot(right, up) / frameWidth;
  const scale =
    ahead > 0 && far / ahead < FARTHEST ? 1 / (ahead * frameWidth) : FARTHEST / Math.max(1e-9, far * frameWidth);
  const [x, y] = [right * scale, -up * scale];
  return { x, y, width, inFrame: ahead > 0 && Math.abs(x) <= 0.5 && Math.abs(y) * spec.aspect <= 0.5 };
}

/** A picture as it reaches a controller. */
export interface Frame {
  /** When it was taken, and when its detection was there. */
  readonly exposedMs: number;
  readonly arrivesMs: number;
  readonly bbox: Box | null;
  /** Where the camera pointed; only what estimates the camera's motion from the picture may look at it. */
  readonly pose: Pose;
}

/** Takes a picture. Draws the same random numbers whatever is seen, so that all controllers meet the same noise. */
export function takePicture(spec: PlantSpec, pose: Pose, place: Place, exposedMs: number, random: Random): Frame {
  const missed = random.uniform() < spec.miss;
  const [noiseX, noiseY] = [random.normal() * spec.noise_box, random.normal() * spec.noise_box];
  const seen = inPicture(spec, pose, place);
  const arrivesMs = exposedMs + spec.frame_delay_ms;
  if (missed || !seen.inFrame) return { exposedMs, arrivesMs, bbox: null, pose };
  const [w, h] = [seen.width, seen.width * spec.aspect];
  const centreX = 0.5 + seen.x + noiseX * w;
  const centreY = 0.5 + seen.y * spec.aspect + noiseY * h;
  return { exposedMs, arrivesMs, bbox: { x: centreX - w / 2, y: centreY - h / 2, w, h }, pose };
}
