/**
 * One motor axis, as a pure stepper: (limits, state, command, time) → new state.
 * The unit is the axis's own: degrees for pan and tilt, the zoom range [0, 1] for zoom; times are seconds.
 */
export interface AxisSpec {
  /** Ends of the range; the motor brakes before them and never passes. */
  readonly min: number;
  readonly max: number;
  /** Units per second. */
  readonly maxRate: number;
  /** Units per second squared, for speeding up and for braking. */
  readonly acceleration: number;
  /** Play in the gear: how far the motor turns after a reversal before the load follows. */
  readonly backlash: number;
}

export interface AxisState {
  /** Of the motor: what its encoder says. */
  readonly position: number;
  /** Of what the motor drives: where the camera really looks. Within half the backlash of the motor. */
  readonly load: number;
  /** Units per second. */
  readonly rate: number;
}

export type AxisGoal =
  | { readonly mode: 'hold' }
  | { readonly mode: 'rate'; readonly rate: number }
  | { readonly mode: 'position'; readonly position: number; readonly maxRate: number };

/** Close enough to be there, in units. */
const ARRIVED = 1e-6;

export const HOLD: AxisGoal = { mode: 'hold' };

export function axisAt(position: number): AxisState {
  return { position, load: position, rate: 0 };
}

/** @param dtS seconds, small against the time that the motor needs to speed up */
export function stepAxis(spec: AxisSpec, state: AxisState, goal: AxisGoal, dtS: number): AxisState {
  const maxChange = spec.acceleration * dtS;
  let rate = state.rate + clamp(wantedRate(spec, state, goal, dtS) - state.rate, -maxChange, maxChange);
  let position = state.position + ((state.rate + rate) / 2) * dtS;
  const isSlow = Math.abs(rate) <= 2 * maxChange;
  if (goal.mode === 'position' && isSlow && isReached(goal.position, state.position, position)) {
    [position, rate] = [goal.position, 0];
  }
  const end = rate < 0 ? spec.min : spec.max;
  if (position < spec.min || position > spec.max || (isSlow && rate !== 0 && Math.abs(end - position) < ARRIVED)) {
    [position, rate] = [end, 0];
  }
  const play = spec.backlash / 2;
  return { position, rate, load: clamp(state.load, position - play, position + play) };
}

/** True when the motor stands still; also for a motor that is commanded beyond the end of its range. */
export function isAtRest({ min, max }: AxisSpec, { position, rate }: AxisState, goal: AxisGoal): boolean {
  if (rate !== 0) return false;
  if (goal.mode === 'position') return goal.position === position;
  return goal.mode === 'hold' || goal.rate === 0 || (goal.rate < 0 ? position === min : position === max);
}

function isReached(goal: number, before: number, after: number): boolean {
  return Math.abs(goal - after) < ARRIVED || (goal - before) * (goal - after) <= 0;
}

function wantedRate(spec: AxisSpec, { position, rate }: AxisState, goal: AxisGoal, dtS: number): number {
  if (goal.mode === 'hold') return 0;
  if (goal.mode === 'position') {
    const distance = clamp(goal.position, spec.min, spec.max) - position;
    const towards = Math.sign(distance);
    return towards * Math.min(goal.maxRate, spec.maxRate, brakingRate(spec, Math.abs(distance), rate * towards, dtS));
  }
  const towards = Math.sign(goal.rate);
  const room = goal.rate < 0 ? position - spec.min : spec.max - position;
  return towards * Math.min(Math.abs(goal.rate), spec.maxRate, brakingRate(spec, room, rate * towards, dtS));
}

/** The rate after this step from which the motor can still stop in time; `rate` is the one before it. */
function brakingRate({ acceleration }: AxisSpec, distance: number, rate: number, dtS: number): number {
  const half = (acceleration * dtS) / 2;
  const left = Math.max(0, distance - (rate * dtS) / 2);
  return Math.max(0, Math.sqrt(half * half + 2 * acceleration * left) - half);
}

export function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
