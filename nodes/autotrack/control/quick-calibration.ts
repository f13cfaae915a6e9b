/**
 * Measures a camera's motors in seconds, from the positions that it reports and from how the picture moves during small
 * moves: both axes at once, to and fro. A pure stepper.
 *
 *     feel ──both axes have been seen to move──▶ swing: strokes at two speeds ──at rest──▶ done: fitted
 *       ╲ nothing seen: stronger, then given up
 *
 * Pan and tilt share the time and not the pattern, so that neither explains the other. What is made of
 * it: calibration-record.ts.
 */
import { CalibrationRecord } from './calibration-record.ts';
import type { TurnAxis } from './plant-watch.ts';
import { NO_VELOCITY, type Velocity } from './types.ts';

export interface QuickSetup {
  /** Horizontal field of view in degrees: the camera is turned by a part of it. */
  readonly fieldDeg: number;
  readonly aspect: number;
  /** Time from a command to the news of its effect, as far as it is known: the round trip; ms. */
  readonly lateMs: number;
  /** Whether there is a zoom to learn, and its largest magnification. */
  readonly maxZoom: number;
}

type Phase = 'feel' | 'answer' | 'swing' | 'zoom' | 'settle' | 'done';

/** Commands that feel whether an axis moves, until one is seen: command, seconds. */
const FEELS: readonly (readonly [number, number])[] = [
  [0.2, 0.4],
  [0.6, 0.5],
  [1, 1],
  [1, 3],
];
/** An axis has been seen to move from this on, degrees … */
const SEEN_DEG = 0.25;
/** … and it is at rest when it has not moved by more than this for that long. */
const REST_DEG = 0.05;
const REST_MS = 300;
/** Longest wait beyond the known delay. */
const ANSWER_MS = 1600;
/** How far a stroke goes, share of the field of view. */
const STROKE = 0.2;
/**
 * Strokes, each out and back: share of full speed, and the least time. The short ones show the ramp; in the long ones a
 * fast motor, which is then given less, runs at an even speed, and that shows what the speed is.
 */
const STROKES: readonly (readonly [speed: number, leastS: number])[] = [
  [1, 0.45],
  [0.45, 0.45],
  [1, 0.2],
  [0.7, 0.45],
];
const LONGEST_STROKE_S = 2.5;
const PAUSE_S = 0.35;
/** Zoom: a stroke in and one back. */
const ZOOM_STROKE_S = 0.8;
const RENEW_MS = 140;

interface Pulse {
  readonly atS: number;
  readonly command: number;
}

export class QuickCalibration {
  readonly #setup: QuickSetup;
  /** What is heard and seen meanwhile. */
  readonly record: CalibrationRecord;
  #phase: Phase = 'feel';
  #phaseMs: number | null = null;
  #feel = 0;
  /** Where each axis was when the feeling began. */
  #from: Partial<Record<TurnAxis, number | undefined>> = {};
  #hasBegun = false;
  /** Degrees per second at full command as the feeling showed, with sign; 0: not seen to move. */
  readonly #gain = { pan: 0, tilt: 0 };
  #plan: Record<TurnAxis, readonly Pulse[]> = { pan: [], tilt: [] };
  #wanted: Velocity = NO_VELOCITY;
  #offered: Velocity = NO_VELOCITY;
  #offeredMs = Number.NEGATIVE_INFINITY;

  constructor(setup: QuickSetup) {
    this.#setup = setup;
    this.record = new CalibrationRecord(setup.fieldDeg);
  }

  get done(): boolean {
    return this.#phase === 'done';
  }

  /** To be called every 50 ms or so. @returns what to send now; null: nothing new */
  step(nowMs: number): Velocity | null {
    this.#phaseMs ??= nowMs;
    this.#wanted = this.#want(nowMs, (nowMs - this.#phaseMs) / 1000);
    const isNew = (['pan', 'tilt', 'zoom'] as const).some((axis) => this.#wanted[axis] !== this.#offered[axis]);
    const moves = this.#wanted.pan !== 0 || this.#wanted.tilt !== 0 || this.#wanted.zoom !== 0;
    if (!isNew && !(moves && nowMs - this.#offeredMs >= RENEW_MS)) return null;
    this.#offered = this.#wanted;
    this.#offeredMs = nowMs;
    return this.#wanted;
  }

  #want(nowMs: number, phaseS: number): Velocity {
    switch (this.#phase) {
      case 'feel':
        return this.#feeling(nowMs, phaseS);
      case 'answer':
        return this.#answer(nowMs, phaseS);
      case 'swing':
        return this.#swinging(nowMs, phaseS);
      case 'zoom':
        return this.#zooming(nowMs, phaseS);
      case 'settle':
        if (this.#isAtRest(nowMs) || phaseS * 1000 > this.#mostWaitMs) this.#become('done', nowMs);
        return NO_VELOCITY;
      case 'done':
        return NO_VELOCITY;
    }
  }

  #feeling(nowMs: number, phaseS: number): Velocity {
    const [command = 0, seconds = 0] = FEELS[this.#feel] ?? [];
    if (!this.#hasBegun) {
      this.#from = {
        pan: this.record.places('pan').at(-1)?.position,
        tilt: this.record.places('tilt').at(-1)?.position,
      };
      const isSilent = this.#from.pan === undefined || this.#from.tilt === undefined;
      if (isSilent && phaseS * 1000 > this.#mostWaitMs) this.#become('done', nowMs);
      if (isSilent) return NO_VELOCITY;
      this.#hasBegun = true;
      this.#become('feel', nowMs);
    } else if (phaseS >= seconds) {
      this.#become('answer', nowMs);
      return NO_VELOCITY;
    }
    const axis = (name: TurnAxis) => (this.#gain[name] === 0 ? command : 0);
    return { pan: axis('pan'), tilt: axis('tilt'), zoom: 0 };
  }

  /** Waits until what was felt for is over, and judges it. */
  #answer(nowMs: number, phaseS: number): Velocity {
    const isLate = phaseS * 1000 > this.#mostWaitMs;
    const isOver = phaseS * 1000 > this.#setup.lateMs + 2 * REST_MS && this.#isAtRest(nowMs);
    const hasMoved = (['pan', 'tilt'] as const).every((axis) => Math.abs(this.#way(axis)) >= SEEN_DEG);
    if (!isLate && !(isOver && hasMoved)) return NO_VELOCITY;
    const [command = 1, seconds = 1] = FEELS[this.#feel] ?? [];
    for (const axis of ['pan', 'tilt'] as const) {
      const way = this.#way(axis);
      if (this.#gain[axis] === 0 && Math.abs(way) >= SEEN_DEG) this.#gain[axis] = way / (command * seconds);
    }
    this.#feel++;
    const isFelt = this.#gain.pan !== 0 && this.#gain.tilt !== 0;
    if (!isFelt && this.#feel < FEELS.length) this.#become('feel', nowMs);
    else if (this.#gain.pan === 0 && this.#gain.tilt === 0) this.#become('done', nowMs);
    else {
      this.#plan = { pan: this.#strokes('pan'), tilt: this.#strokes('tilt') };
      this.#become('swing', nowMs);
    }
    return NO_VELOCITY;
  }

  /** Strokes out and back; tilt goes the other way round, after a pause of its own. */
  #strokes(axis: TurnAxis): Pulse[] {
    const gain = this.#gain[axis];
    if (gain === 0) return [];
    const field = axis === 'tilt' ? this.#setup.fieldDeg / Math.max(1, this.#setup.aspect) : this.#setup.fieldDeg;
    const fullS = (STROKE * field) / Math.abs(gain);
    const pulses: Pulse[] = [];
    let atS = axis === 'pan' ? 0 : PAUSE_S / 2;
    for (const [k, [speed, leastS]] of STROKES.entries()) {
      const seconds = Math.min(LONGEST_STROKE_S, Math.max(leastS, fullS / speed));
      const command = Math.min(speed, fullS / seconds) * (k % 2 === (axis === 'pan' ? 0 : 1) ? -1 : 1);
      for (const way of [command, -command]) {
        pulses.push({ atS, command: way }, { atS: atS + seconds, command: 0 });
        atS += seconds + PAUSE_S * (1 + 0.35 * ((k + (way > 0 ? 1 : 0)) % 3));
      }
    }
    return pulses;
  }

  #swinging(nowMs: number, phaseS: number): Velocity {
    const at = (axis: TurnAxis) => this.#plan[axis].findLast(({ atS }) => atS <= phaseS)?.command ?? 0;
    const endS = Math.max(...[...this.#plan.pan, ...this.#plan.tilt].map(({ atS }) => atS));
    if (phaseS > endS) this.#become(this.#setup.maxZoom > 1 ? 'zoom' : 'settle', nowMs);
    return { pan: at('pan'), tilt: at('tilt'), zoom: 0 };
  }

  #zooming(nowMs: number, phaseS: number): Velocity {
    if (phaseS < ZOOM_STROKE_S) return { ...NO_VELOCITY, zoom: 1 };
    if (phaseS < 2 * ZOOM_STROKE_S) return NO_VELOCITY;
    if (phaseS < 3 * ZOOM_STROKE_S) return { ...NO_VELOCITY, zoom: -1 };
    this.#become('settle', nowMs);
    return NO_VELOCITY;
  }

  #become(phase: Phase, nowMs: number): void {
    this.#phase = phase;
    this.#phaseMs = nowMs;
  }

  get #mostWaitMs(): number {
    return ANSWER_MS + 2 * this.#setup.lateMs;
  }

  /** How far an axis has come since the feeling began. */
  #way(axis: TurnAxis): number {
    const from = this.#from[axis];
    const last = this.record.places(axis).at(-1);
    return from === undefined || last === undefined ? 0 : last.position - from;
  }

  #isAtRest(nowMs: number): boolean {
    return (['pan', 'tilt'] as const).every((axis) => {
      const recent = this.record.places(axis).filter(({ atMs }) => atMs > nowMs - REST_MS - this.#setup.lateMs);
      const places = recent.map(({ position }) => position);
      return places.length >= 2 && Math.max(...places) - Math.min(...places) <= REST_DEG;
    });
  }
}
