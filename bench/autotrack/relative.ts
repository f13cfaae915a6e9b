/**
 * Baseline: relative moves in the field of view, one at a time, each after the camera has reported idle. The time that
 * a move takes is a line in its size (the movement weights), fitted to moves of this very camera and kept up to date;
 * a move is aimed at where the target will be by its end. The method is Frigate's autotracker.
 *
 * It is helped where that costs the comparison nothing: the camera's motion is removed from the target's without any
 * error, moves are exact, and the threshold below which it does not move is not raised for small targets.
 */
import type { PlantSpec } from './files.ts';
import { type Frame, type Order, SimulatedCamera } from './plant.ts';
import { type Contestant, STEP_MS } from './run.ts';

/** Targets nearer to the centre than this share of the frame width are left there. */
const THRESHOLD = 0.03;
/** The target's velocity is a line through its places over this time. */
const VELOCITY_MS = 1500;
/** Largest move, share of the frame. */
const LARGEST = 0.5;
/** Sizes of the moves that the weights are first fitted to, shares of the frame. */
const CALIBRATION = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5] as const;
/** A move that has not been reported as ended after this is given up on. */
const DEADLINE_MS = 20_000;

interface Seen {
  readonly timeMs: number;
  readonly panDeg: number;
  readonly tiltDeg: number;
}

interface Move {
  readonly sizeDeg: number;
  readonly durationMs: number;
}

export class RelativeContestant implements Contestant {
  readonly #spec: PlantSpec;
  readonly #moves: Move[];
  #seen: Seen[] = [];
  #under: { sentMs: number; sizeDeg: number } | null = null;

  constructor(spec: PlantSpec) {
    this.#spec = spec;
    this.#moves = CALIBRATION.map((share) => measureMove(spec, share * spec.hfov_deg));
  }

  frame(nowMs: number, { bbox, pose }: Frame, idle: boolean): Order | null {
    this.#settle(nowMs, idle);
    if (bbox === null) return null;
    const half = Math.tan((this.#spec.hfov_deg * Math.PI) / 360);
    const deg = (share: number) => (Math.atan(share * 2 * half) * 180) / Math.PI;
    const cos = Math.max(0.1, Math.cos((pose.tiltDeg * Math.PI) / 180));
    const panDeg = pose.panDeg + deg(bbox.x + bbox.w / 2 - 0.5) / cos;
    const tiltDeg = pose.tiltDeg + deg((0.5 - bbox.y - bbox.h / 2) / this.#spec.aspect);
    this.#seen = this.#seen.filter(({ timeMs }) => timeMs > nowMs - VELOCITY_MS);
    this.#seen.push({ timeMs: nowMs, panDeg, tiltDeg });
    return this.#under === null ? this.#move(nowMs, pose, { panDeg, tiltDeg }, cos) : null;
  }

  tick(nowMs: number, idle: boolean): Order | null {
    this.#settle(nowMs, idle);
    return null;
  }

  /** Ends the move that is under way once the camera says so, and learns from it. */
  #settle(nowMs: number, idle: boolean): void {
    if (this.#under === null) return;
    const durationMs = nowMs - this.#under.sentMs;
    if (!idle && durationMs < DEADLINE_MS) return;
    if (idle) this.#moves.push({ sizeDeg: this.#under.sizeDeg, durationMs });
    this.#under = null;
  }

  #move(
    nowMs: number,
    camera: { panDeg: number; tiltDeg: number },
    target: { panDeg: number; tiltDeg: number },
    cos: number,
  ): Order | null {
    const field = this.#spec.hfov_deg;
    const away = Math.hypot((target.panDeg - camera.panDeg) * cos, target.tiltDeg - camera.tiltDeg);
    if (away < THRESHOLD * field) return null;
    const durationS = this.#predictMs(away) / 1000;
    const bound = (deg: number, most: number) => Math.min(most, Math.max(-most, deg));
    const panDeg = target.panDeg + slope(this.#seen, 'panDeg') * durationS - camera.panDeg;
    const tiltDeg = target.tiltDeg + slope(this.#seen, 'tiltDeg') * durationS - camera.tiltDeg;
    const move = {
      panDeg: bound(panDeg, LARGEST * field),
      tiltDeg: bound(tiltDeg, (LARGEST * field) / this.#spec.aspect),
    };
    this.#under = { sentMs: nowMs, sizeDeg: Math.max(Math.abs(move.panDeg), Math.abs(move.tiltDeg)) };
    return { kind: 'relative', ...move };
  }

  /** Line through the moves so far. */
  #predictMs(sizeDeg: number): number {
    const n = this.#moves.length;
    const meanX = this.#moves.reduce((sum, move) => sum + move.sizeDeg, 0) / n;
    const meanY = this.#moves.reduce((sum, move) => sum + move.durationMs, 0) / n;
    const spread = this.#moves.reduce((sum, move) => sum + (move.sizeDeg - meanX) ** 2, 0);
    const joint = this.#moves.reduce((sum, move) => sum + (move.sizeDeg - meanX) * (move.durationMs - meanY), 0);
    return Math.max(0, meanY + (spread > 0 ? joint / spread : 0) * (sizeDeg - meanX));
  }
}

/** Degrees per second; 0 until three places are known. */
function slope(seen: readonly Seen[], side: 'panDeg' | 'tiltDeg'): number {
  if (seen.length < 3) return 0;
  const meanT = seen.reduce((sum, { timeMs }) => sum + timeMs, 0) / seen.length;
  const mean = seen.reduce((sum, place) => sum + place[side], 0) / seen.length;
  const spread = seen.reduce((sum, { timeMs }) => sum + (timeMs - meanT) ** 2, 0);
  const joint = seen.reduce((sum, place) => sum + (place.timeMs - meanT) * (place[side] - mean), 0);
  return spread > 0 ? (joint / spread) * 1000 : 0;
}

function measureMove(spec: PlantSpec, sizeDeg: number): Move {
  const camera = new SimulatedCamera(spec);
  camera.send(0, { kind: 'relative', panDeg: sizeDeg, tiltDeg: 0 });
  let nowMs = 0;
  do {
    nowMs += STEP_MS;
    camera.advance(nowMs);
  } while (!camera.reportsIdle(nowMs) && nowMs < DEADLINE_MS);
  return { sizeDeg, durationMs: nowMs };
}
