/** Motion in a scene: curves through knots, and the sway of an object that hovers. Pure functions of time. */
import { modulo } from '../noise.ts';

/** A point of a curve. */
export interface Knot {
  readonly timeS: number;
}

/** A small oscillation around a place: two sines whose periods differ, so that it does not trace a line. */
export interface Sway {
  readonly panDeg: number;
  readonly tiltDeg: number;
  readonly periodS: number;
}

export interface Curve {
  readonly value: number;
  /** Change of the value per second. */
  readonly rate: number;
}

/**
 * A smooth curve through the knots (cubic Hermite, tangents from the neighbours' slope). Outside of the knots it stands
 * still at the first or last one.
 * @param knots at least one, times rising
 * @param read which value of a knot
 */
export function curveAt<K extends Knot>(knots: readonly K[], read: (knot: K) => number, timeS: number): Curve {
  const index = knots.findLastIndex((knot) => knot.timeS <= timeS);
  const from = knots[Math.max(0, index)];
  const to = knots[index + 1];
  if (!from) throw new RangeError('a curve needs at least one knot');
  if (index < 0 || !to) return { value: read(from), rate: 0 };
  const spanS = to.timeS - from.timeS;
  const t = (timeS - from.timeS) / spanS;
  const a = read(from);
  const b = read(to);
  const slopeA = slope(knots[index - 1] ?? from, to, read) * spanS;
  const slopeB = slope(from, knots[index + 2] ?? to, read) * spanS;
  // Coefficients of c3·t³ + c2·t² + c1·t + a with the wanted values and slopes at t = 0 and t = 1.
  const c3 = 2 * (a - b) + slopeA + slopeB;
  const c2 = 3 * (b - a) - 2 * slopeA - slopeB;
  return { value: ((c3 * t + c2) * t + slopeA) * t + a, rate: ((3 * c3 * t + 2 * c2) * t + slopeA) / spanS };
}

/** Time on the knots' own scale: unchanged, wrapped when the motion repeats, or null when it is over or not begun. */
export function knotTime(knots: readonly Knot[], repeats: boolean, timeS: number): number | null {
  const first = knots[0]?.timeS ?? 0;
  const last = knots.at(-1)?.timeS ?? 0;
  if (timeS >= first && timeS <= last) return timeS;
  return repeats && last > first ? first + modulo(timeS - first, last - first) : null;
}

/** Offset and velocity of a sway at a time, in degrees and degrees per second. */
export function swayAt(sway: Sway | undefined, timeS: number): { pan: Curve; tilt: Curve } {
  if (!sway) return { pan: { value: 0, rate: 0 }, tilt: { value: 0, rate: 0 } };
  return { pan: sine(sway.panDeg, sway.periodS, timeS), tilt: sine(sway.tiltDeg, sway.periodS * 0.62, timeS) };
}

/** Two motions at once. */
export function sum(a: Curve, b: Curve): Curve {
  return { value: a.value + b.value, rate: a.rate + b.rate };
}

function sine(amplitude: number, periodS: number, timeS: number): Curve {
  const omega = (2 * Math.PI) / periodS;
  return { value: amplitude * Math.sin(omega * timeS), rate: amplitude * omega * Math.cos(omega * timeS) };
}

function slope<K extends Knot>(from: K, to: K, read: (knot: K) => number): number {
  return (read(to) - read(from)) / (to.timeS - from.timeS);
}
