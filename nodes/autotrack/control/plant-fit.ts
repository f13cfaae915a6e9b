/**
 * Parameters of a motor from commands and reported positions: delay, speed at full
 * command and ramp, by least squares.
 *
 * Position is an offset plus the gain times a shape that depends on the delay and the ramp only, so gain and offset
 * have a closed form for each delay and ramp, and only these two are searched (variable projection, Golub and Pereyra
 * 1973): first over a grid, then by steps that are halved.
 */
import { slew } from './own-motion.ts';
import type { AxisPlant } from './types.ts';

export interface TimedPosition {
  readonly atMs: number;
  /** Degrees (zoom: magnification). */
  readonly position: number;
}

export interface TimedCommand {
  readonly atMs: number;
  readonly command: number;
}

export interface AxisFit {
  readonly plant: AxisPlant;
  /** Root mean square of what the fit leaves unexplained, in units of the positions. */
  readonly residual: number;
  /** Share of the positions' variance that the fit explains, 0 to 1. */
  readonly explained: number;
}

const DELAYS_MS = { most: 3000, step: 60 };
const RAMPS_S = [0, 0.1, 0.25, 0.5, 1, 2, 4] as const;
/** Steps of the search around the best of the grid, and when it ends. */
const FINE = { delayMs: 30, rampS: 0.1, rounds: 7 };
/** Positions further off than this many times the median are left out of the second fit. */
const OUTLIER = 5;
/** … unless they are within this part of the whole range. */
const NEAR = 0.03;
const LEAST_POSITIONS = 6;

interface TrialFit {
  readonly delayMs: number;
  readonly rampS: number;
  readonly gain: number;
  readonly offset: number;
  readonly error: number;
}

/**
 * @param ramps the ramps that are tried; one: it is known
 * @returns null when the positions are too few or show no motion that goes with the commands
 */
export function fitAxis(
  positions: readonly TimedPosition[],
  commands: readonly TimedCommand[],
  ramps: readonly number[] = RAMPS_S,
): AxisFit | null {
  const first = search(positions, commands, ramps);
  if (first === null) return null;
  const off = residuals(positions, commands, first);
  const typical = off.toSorted((a, b) => a - b)[Math.floor(off.length / 2)] ?? 0;
  const heights = positions.map(({ position }) => position);
  const range = Math.max(...heights) - Math.min(...heights);
  const kept = positions.filter((_, k) => (off[k] ?? 0) <= Math.max(OUTLIER * typical, NEAR * range));
  const best = (kept.length < positions.length ? search(kept, commands, ramps) : first) ?? first;
  const mean = kept.reduce((sum, { position }) => sum + position, 0) / kept.length;
  const spread = kept.reduce((sum, { position }) => sum + (position - mean) ** 2, 0);
  return {
    plant: { gainPerS: best.gain, rampS: best.rampS, delayMs: best.delayMs },
    residual: Math.sqrt(best.error / kept.length),
    explained: spread > 0 ? 1 - best.error / spread : 0,
  };
}

/** The way made by a motor of speed 1 at each of the times, which must rise. */
export function shapeOf(
  timesMs: readonly number[],
  commands: readonly TimedCommand[],
  delayMs: number,
  rampS: number,
): number[] {
  let [speed, way, command, nowMs, next] = [0, 0, 0, timesMs[0] ?? 0, 0];
  nowMs = Math.min(nowMs, (commands[0]?.atMs ?? nowMs) + delayMs);
  const run = (untilMs: number) => {
    const moved = slew(speed, command, rampS, Math.max(0, untilMs - nowMs) / 1000);
    speed = moved.speed;
    way += moved.way;
    nowMs = Math.max(nowMs, untilMs);
  };
  return timesMs.map((timeMs) => {
    for (let sent = commands[next]; sent !== undefined && sent.atMs + delayMs <= timeMs; sent = commands[++next]) {
      run(sent.atMs + delayMs);
      command = sent.command;
    }
    run(timeMs);
    return way;
  });
}

function search(
  positions: readonly TimedPosition[],
  commands: readonly TimedCommand[],
  ramps: readonly number[],
): TrialFit | null {
  if (positions.length < LEAST_POSITIONS || commands.length === 0) return null;
  const at = (delayMs: number, rampS: number) => solve(positions, commands, delayMs, rampS);
  let best: TrialFit | null = null;
  for (const rampS of ramps) {
    let start: TrialFit | null = null;
    for (let delayMs = 0; delayMs <= DELAYS_MS.most; delayMs += DELAYS_MS.step)
      start = lesser(start, at(delayMs, rampS));
    // From the best of each ramp: the error has more than one hollow.
    best = lesser(best, start && refine(start, at, ramps.length > 1));
  }
  return best;
}

function lesser(a: TrialFit | null, b: TrialFit | null): TrialFit | null {
  return a === null || (b !== null && b.error < a.error) ? b : a;
}

/** Walks downhill, with steps that are halved where none leads down. */
function refine(
  start: TrialFit,
  at: (delayMs: number, rampS: number) => TrialFit | null,
  changesRamp: boolean,
): TrialFit {
  let best = start;
  let [stepMs, stepS] = [FINE.delayMs, FINE.rampS];
  for (let round = 0; round < FINE.rounds; ) {
    const { delayMs, rampS } = best;
    // Delay and ramp trade for one another: a longer ramp looks like half of it more delay.
    const sooner: readonly (readonly [number, number])[] = [
      [stepMs, 0],
      [-stepMs, 0],
    ];
    const ramped: readonly (readonly [number, number])[] = [
      [0, stepS],
      [0, -stepS],
      [-stepS * 500, stepS],
      [stepS * 500, -stepS],
    ];
    const tries = changesRamp ? [...sooner, ...ramped] : sooner;
    let moved = false;
    for (const [ms, s] of tries) {
      if (delayMs + ms < 0 || rampS + s < 0) continue;
      const candidate = at(delayMs + ms, rampS + s);
      if (candidate === null || candidate.error >= best.error) continue;
      best = candidate;
      moved = true;
    }
    if (moved) continue;
    stepMs /= 2;
    stepS /= 2;
    round++;
  }
  return best;
}

function solve(
  positions: readonly TimedPosition[],
  commands: readonly TimedCommand[],
  delayMs: number,
  rampS: number,
): TrialFit | null {
  const shape = shapeOf(
    positions.map(({ atMs }) => atMs),
    commands,
    delayMs,
    rampS,
  );
  const n = positions.length;
  let [s, p, ss, sp, pp] = [0, 0, 0, 0, 0];
  for (const [k, { position }] of positions.entries()) {
    const way = shape[k] ?? 0;
    s += way;
    p += position;
    ss += way * way;
    sp += way * position;
    pp += position * position;
  }
  const spread = ss - (s * s) / n;
  if (!(spread > 1e-12)) return null;
  const gain = (sp - (s * p) / n) / spread;
  const error = Math.max(0, pp - (p * p) / n - gain * (sp - (s * p) / n));
  return { delayMs, rampS, gain, offset: (p - gain * s) / n, error };
}

function residuals(
  positions: readonly TimedPosition[],
  commands: readonly TimedCommand[],
  { delayMs, rampS, gain, offset }: TrialFit,
): number[] {
  const times = positions.map(({ atMs }) => atMs);
  const shape = shapeOf(times, commands, delayMs, rampS);
  return positions.map(({ position }, k) => Math.abs(position - offset - gain * (shape[k] ?? 0)));
}
