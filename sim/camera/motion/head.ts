/**
 * The camera's head: pan, tilt and zoom, and the commands on their way to them. Time is always an argument (seconds on
 * any clock that does not jump). Steps lie on a fixed grid, so the motion depends on the commands and their times and
 * not on how often it is read.
 */
import type { HeadAxis, MotorCommand, PerAxis } from '../../../runtime/node.ts';
import { type AxisGoal, type AxisSpec, type AxisState, axisAt, HOLD, isAtRest, stepAxis } from './axis.ts';
import type { HeadSpec } from './motors.ts';

export const AXES = ['pan', 'tilt', 'zoom'] as const;
export type Axis = HeadAxis;
export type HeadState = PerAxis<AxisState>;

/** True pose of the camera at a moment, with the play of the gear. */
export interface LoadPose {
  readonly panDeg: number;
  readonly tiltDeg: number;
  readonly zoom: number;
}

const STEP_S = 1 / 250;
/** How far back {@link PtzHead.poseAt} works: pictures are requested a little late. */
const HISTORY_STEPS = 2500;

interface Pending {
  readonly atStep: number;
  readonly command: MotorCommand;
}

export class PtzHead {
  readonly spec: HeadSpec;
  /** The limits that the motors really have. */
  readonly #limits: Readonly<Record<Axis, AxisSpec>>;
  #state: Record<Axis, AxisState>;
  #goals: Record<Axis, AxisGoal> = { pan: HOLD, tilt: HOLD, zoom: HOLD };
  /** Step at which an axis's rate ends by itself. */
  #untilStep: Record<Axis, number> = { pan: Infinity, tilt: Infinity, zoom: Infinity };
  #pending: Pending[] = [];
  #step: number;
  readonly #history = new Float64Array(HISTORY_STEPS * 3);
  #oldestStep: number;

  constructor(spec: HeadSpec, start: LoadPose, nowS: number) {
    this.spec = spec;
    const pan = spec.isEndless ? { ...spec.pan, min: -Infinity, max: Infinity } : spec.pan;
    this.#limits = { pan, tilt: spec.tilt, zoom: spec.zoom };
    this.#state = { pan: axisAt(start.panDeg), tilt: axisAt(start.tiltDeg), zoom: axisAt(start.zoom) };
    this.#step = toStep(nowS);
    this.#oldestStep = this.#step;
    this.#remember();
  }

  /** Takes a command; it has its effect one command delay later. */
  command(command: MotorCommand, nowS: number): void {
    this.advance(nowS);
    this.#pending.push({ atStep: Math.max(this.#step, toStep(nowS + this.spec.commandDelayS)), command });
  }

  /** Power cut: pending commands are dropped and the motors hold at once. */
  cutPower(nowS: number): void {
    this.advance(nowS);
    this.#pending = [];
    this.#goals = { pan: HOLD, tilt: HOLD, zoom: HOLD };
    for (const axis of AXES) this.#state[axis] = { ...this.#state[axis], rate: 0 };
  }

  advance(toS: number): void {
    const end = toStep(toS);
    while (this.#step < end) {
      this.#takeEffect();
      if (this.#pending.length === 0 && this.#isAtRest()) {
        this.#skipTo(end);
        return;
      }
      for (const axis of AXES) {
        this.#state[axis] = stepAxis(this.#limits[axis], this.#state[axis], this.#goals[axis], STEP_S);
      }
      this.#step++;
      this.#remember();
    }
    this.#takeEffect();
  }

  get state(): HeadState {
    const { pan } = this.#state;
    return { ...this.#state, pan: { ...pan, position: this.#told(pan.position), load: this.#told(pan.load) } };
  }

  /** What a status reports as moving: rates, goals not reached yet, pending commands. */
  isMoving(axis: Axis): boolean {
    return (
      !isAtRest(this.#limits[axis], this.#state[axis], this.#goals[axis]) ||
      this.#pending.some(({ command }) => moves(command, axis))
    );
  }

  /** Where the camera looked at a time, between steps by interpolation; at most ten seconds back. */
  poseAt(timeS: number): LoadPose {
    const exact = Math.min(this.#step, Math.max(this.#oldestStep, timeS / STEP_S));
    const before = Math.floor(exact);
    const part = exact - before;
    const read = (index: number): number => {
      const from = this.#remembered(before, index);
      return part === 0 ? from : from + (this.#remembered(before + 1, index) - from) * part;
    };
    return { panDeg: this.#told(read(0)), tiltDeg: read(1), zoom: read(2) };
  }

  /** A pan as its encoder tells it: an endless one begins anew at the end of its range. */
  #told(panDeg: number): number {
    const { min } = this.spec.pan;
    return this.spec.isEndless ? panDeg - 360 * Math.floor((panDeg - min) / 360) : panDeg;
  }

  #takeEffect(): void {
    const due = this.#pending.filter(({ atStep }) => atStep <= this.#step);
    if (due.length > 0) this.#pending = this.#pending.filter(({ atStep }) => atStep > this.#step);
    for (const { command } of due) this.#apply(command);
    for (const axis of AXES) this.#endRate(axis);
  }

  #apply(command: MotorCommand): void {
    for (const axis of AXES) {
      if (!moves(command, axis)) continue;
      this.#untilStep[axis] = Infinity;
      this.#goals[axis] = this.#goal(command, axis);
      if (command.kind === 'rate' && command.forS !== null) {
        this.#untilStep[axis] = this.#step + Math.round(command.forS / STEP_S);
      }
    }
  }

  #goal(command: MotorCommand, axis: Axis): AxisGoal {
    if (command.kind === 'stop') return HOLD;
    if (command.kind === 'rate') return { mode: 'rate', rate: command.rates[axis] ?? 0 };
    const { min, max, maxRate } = this.#limits[axis];
    const at = this.#state[axis].position;
    const by = (command.values[axis] ?? 0) - (command.kind === 'by' ? 0 : at);
    // An endless pan goes to a place the shorter way round.
    const way = axis === 'pan' && this.spec.isEndless && command.kind === 'to' ? by - 360 * Math.round(by / 360) : by;
    const position = Math.min(max, Math.max(min, at + way));
    return { mode: 'position', position, maxRate: command.maxRates[axis] ?? maxRate };
  }

  #endRate(axis: Axis): void {
    if (this.#step < this.#untilStep[axis]) return;
    this.#goals[axis] = HOLD;
    this.#untilStep[axis] = Infinity;
  }

  #isAtRest(): boolean {
    return AXES.every((axis) => isAtRest(this.#limits[axis], this.#state[axis], this.#goals[axis]));
  }

  /** Nothing moves until then: the history has one pose from here on. */
  #skipTo(end: number): void {
    const from = Math.max(this.#step + 1, end - HISTORY_STEPS + 1);
    for (let step = from; step <= end; step++) {
      this.#step = step;
      this.#remember();
    }
  }

  #remember(): void {
    const at = (this.#step % HISTORY_STEPS) * 3;
    this.#history[at] = this.#state.pan.load;
    this.#history[at + 1] = this.#state.tilt.load;
    this.#history[at + 2] = this.#state.zoom.load;
    this.#oldestStep = Math.max(this.#oldestStep, this.#step - HISTORY_STEPS + 1);
  }

  #remembered(step: number, index: number): number {
    return this.#history[(step % HISTORY_STEPS) * 3 + index] ?? 0;
  }
}

function moves(command: MotorCommand, axis: Axis): boolean {
  if (command.kind === 'stop') return command.axes.includes(axis);
  return (command.kind === 'rate' ? command.rates : command.values)[axis] !== undefined;
}

function toStep(timeS: number): number {
  return Math.floor(timeS / STEP_S + 1e-6);
}
