/**
 * Learns what a camera's motors are like by moving it a little: out and back, axis by axis. A pure stepper; what it
 * watches is something that stands still (a landmark in the picture, the shift of the background) or the position that
 * the camera reports.
 *
 * An axis is probed with short pulses, each larger than the last, until one is seen: way over command times time is the
 * speed. Then it is driven to and fro at several speeds over about a quarter of the picture, and delay, speed and ramp
 * are fitted to all of it (plant-fit.ts).
 */
import { type AxisFit, fitAxis, type TimedCommand, type TimedPosition } from './plant-fit.ts';
import { type Axis, type Plant, STOP, UNKNOWN_PLANT, type VelocityCommand } from './types.ts';

/** The camera's own motion as seen from outside; any constant offset. */
export interface SeenMotion {
  readonly atMs: number;
  readonly panDeg: number;
  readonly tiltDeg: number;
  /** Magnification, when it can be told. */
  readonly zoomX?: number;
}

export interface CalibrationSetup {
  /** Horizontal field of view in degrees: how far the camera may turn. */
  readonly fieldDeg: number;
  readonly aspect: number;
  /** False: the zoom is left alone. */
  readonly zoom: boolean;
}

export interface Calibrated {
  readonly plant: Plant;
  /** What was found out about each axis; null for one that did not move. */
  readonly fits: Readonly<Record<Axis, AxisFit | null>>;
}

/** Longest delay that is looked for: so long an answer to a pulse is waited for. */
const ANSWER_MS = 3500;
/** Probing pulses: command, seconds. */
const PROBES: readonly (readonly [number, number])[] = [
  [0.05, 0.3],
  [0.2, 0.3],
  [0.8, 0.3],
  [1, 1],
  [1, 4],
];
/** A probe has been seen when it moved the picture by this share of it. */
const SEEN = 0.03;
/** How far the camera is driven to and fro, share of the picture. */
const SWING = 0.22;
const SWING_SPEEDS = [1, 0.5, 1, 0.25, 1, 0.6, 1, 0.35] as const;
/** Pauses between strokes, by turns; no multiple of any common frame rate, so that pictures fall on all phases. */
const PAUSES_MS = [0, 430, 1110, 270, 770, 130] as const;
const STROKE_S = { least: 0.12, most: 6 };
/** Magnification is looked at over this much time and change. */
const ZOOM_PROBES: readonly (readonly [number, number])[] = [
  [1, 0.3],
  [1, 1],
  [1, 3],
];
const ZOOM_SEEN = 0.25;
/** Positions before and after a probe are averaged over this time. */
const AVERAGE_MS = 1000;
const RENEW_MS = 400;

interface Pulse {
  readonly command: number;
  readonly ms: number;
}

export class Calibration {
  readonly #setup: CalibrationSetup;
  readonly #axes: readonly Axis[];
  readonly #fits: Record<Axis, AxisFit | null> = { pan: null, tilt: null, zoom: null };
  #axis = 0;
  #probe = 0;
  #phase: 'probe' | 'answer' | 'swing' | 'rest' | 'done' = 'probe';
  #pulses: Pulse[] = [];
  #pulseEndsMs = Number.NEGATIVE_INFINITY;
  #positions: TimedPosition[] = [];
  #commands: TimedCommand[] = [];
  #command = 0;
  #sentMs = Number.NEGATIVE_INFINITY;
  #restSinceMs: number | null = null;
  #probeFrom = 0;

  constructor(setup: CalibrationSetup) {
    this.#setup = setup;
    this.#axes = setup.zoom ? ['pan', 'tilt', 'zoom'] : ['pan', 'tilt'];
  }

  get done(): boolean {
    return this.#phase === 'done';
  }

  /** What has been learned; axes that did not answer are taken as an unknown camera's. */
  result(): Calibrated {
    const { pan, tilt, zoom } = this.#fits;
    const delayMs = pan?.plant.delayMs ?? tilt?.plant.delayMs ?? UNKNOWN_PLANT.zoom.delayMs;
    return {
      fits: { ...this.#fits },
      plant: {
        pan: pan?.plant ?? UNKNOWN_PLANT.pan,
        tilt: tilt?.plant ?? UNKNOWN_PLANT.tilt,
        zoom: zoom?.plant ?? { ...UNKNOWN_PLANT.zoom, delayMs },
      },
    };
  }

  /** To be called every 50 ms or oftener, and with every picture. @returns what to send at once, if anything */
  step(nowMs: number, seen?: SeenMotion): VelocityCommand | null {
    const axis = this.#axes[this.#axis];
    if (axis === undefined || this.done) return null;
    const position = seen && { pan: seen.panDeg, tilt: seen.tiltDeg, zoom: seen.zoomX }[axis];
    if (seen !== undefined && position !== undefined && Number.isFinite(position)) {
      this.#positions.push({ atMs: seen.atMs, position });
    }
    if (nowMs >= this.#pulseEndsMs) this.#advance(nowMs, axis);
    return this.#send(nowMs, axis);
  }

  /** The next pulse, or the next thing to do when there is none. */
  #advance(nowMs: number, axis: Axis): void {
    const pulse = this.#pulses.shift();
    if (pulse !== undefined) {
      this.#command = pulse.command;
      this.#pulseEndsMs = nowMs + pulse.ms;
      this.#restSinceMs = null;
      return;
    }
    this.#command = 0;
    this.#restSinceMs ??= nowMs;
    if (nowMs < this.#restSinceMs + ANSWER_MS) return;
    if (this.#phase === 'probe') this.#sendProbe(nowMs, axis);
    else if (this.#phase === 'answer') this.#judgeProbe(nowMs, axis);
    else this.#finishAxis(axis);
  }

  #sendProbe(nowMs: number, axis: Axis): void {
    const [command = 0, seconds = 0] = this.#probes(axis)[this.#probe] ?? [];
    this.#probeFrom = this.#mean(nowMs);
    this.#pulses = [{ command, ms: seconds * 1000 }];
    this.#phase = 'answer';
    this.#pulseEndsMs = nowMs;
  }

  #judgeProbe(nowMs: number, axis: Axis): void {
    const [command = 0, seconds = 1] = this.#probes(axis)[this.#probe] ?? [];
    const way = this.#mean(nowMs) - this.#probeFrom;
    const back = { command: -command, ms: seconds * 1000 };
    this.#probe++;
    const seen = Math.abs(way) >= (axis === 'zoom' ? ZOOM_SEEN : SEEN * this.#field(axis));
    if (seen) {
      this.#phase = axis === 'zoom' ? 'rest' : 'swing';
      this.#pulses = [back, ...(axis === 'zoom' ? [] : this.#swing(axis, way / (command * seconds)))];
    } else if (this.#probe < this.#probes(axis).length) {
      this.#phase = 'probe';
      this.#pulses = [back];
    } else {
      this.#phase = 'rest';
      this.#pulses = [back];
    }
    this.#pulseEndsMs = nowMs;
  }

  #finishAxis(axis: Axis): void {
    const fit = fitAxis(this.#positions, this.#commands);
    // What noise explains is no motion.
    const moved = fit !== null && fit.explained > 0.5;
    this.#fits[axis] = moved ? fit : null;
    this.#axis++;
    this.#probe = 0;
    this.#phase = this.#axis < this.#axes.length ? 'probe' : 'done';
    this.#positions = [];
    this.#commands = [];
    this.#restSinceMs = null;
  }

  #probes(axis: Axis): readonly (readonly [number, number])[] {
    return axis === 'zoom' ? ZOOM_PROBES : PROBES;
  }

  #field(axis: Axis): number {
    const { fieldDeg, aspect } = this.#setup;
    return axis === 'tilt' ? fieldDeg / Math.max(1, aspect) : fieldDeg;
  }

  /** Strokes out and back at several speeds. @param gainPerS as the probe showed it */
  #swing(axis: Axis, gainPerS: number): Pulse[] {
    const area = (SWING * this.#field(axis)) / Math.abs(gainPerS);
    return SWING_SPEEDS.flatMap((speed, k) => {
      const seconds = Math.min(STROKE_S.most, Math.max(STROKE_S.least, area / speed));
      const command = Math.min(speed, area / seconds) * (k % 2 === 0 ? 1 : -1);
      const ms = seconds * 1000;
      // A motor that has not reached its speed by the end of a stroke needs no longer than that to come to rest.
      const pause = (at: number) => ({ command: 0, ms: ms + (PAUSES_MS[at % PAUSES_MS.length] ?? 0) });
      return [pause(2 * k), { command, ms }, pause(2 * k + 1), { command: -command, ms }];
    });
  }

  #mean(nowMs: number): number {
    const recent = this.#positions.filter(({ atMs }) => atMs > nowMs - AVERAGE_MS);
    const used = recent.length > 0 ? recent : this.#positions.slice(-1);
    return used.reduce((sum, { position }) => sum + position, 0) / Math.max(1, used.length);
  }

  #send(nowMs: number, axis: Axis): VelocityCommand | null {
    const last = this.#commands.at(-1)?.command ?? 0;
    const renew = this.#command !== 0 && nowMs - this.#sentMs >= RENEW_MS;
    if (this.#command === last && !renew) return null;
    if (this.#command !== last) this.#commands.push({ atMs: nowMs, command: this.#command });
    this.#sentMs = nowMs;
    return { ...STOP, [axis]: this.#command };
  }
}
