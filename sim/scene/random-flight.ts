/** A path at random, the same for the same seed: straight legs between places, with stays, closed in time. */
import { hash01 } from '../noise.ts';
import type { FlightKnot } from './scene.ts';

type Range = readonly [low: number, high: number];

export interface RandomFlight {
  readonly seed: number;
  readonly durationS: number;
  readonly panDeg: Range;
  readonly tiltDeg: Range;
  /** How wide it looks. */
  readonly spanDeg: Range;
  readonly speedDegPerS: Range;
  /** Share of the time that it stays where it is, in [0, 1). */
  readonly hoverShare: number;
}

/** More legs than any sensible path has; keeps tiny distances at high speed from making millions. */
const MAX_LEGS = 5000;
/** A leg is at least this long in time: the curve through the knots stays smooth. */
const SHORTEST_LEG_S = 0.5;

/** Knots from 0 to `durationS`; the last is the first again, so the path can repeat without a jump. */
export function randomFlight(flight: RandomFlight): FlightKnot[] {
  const start = place(flight, 0);
  const knots: FlightKnot[] = [{ timeS: 0, ...start }];
  for (let leg = 1; leg < MAX_LEGS; leg++) {
    const from = knots.at(-1) ?? { timeS: 0, ...start };
    const next = place(flight, leg);
    const timeS = from.timeS + legS(flight, leg, from, next);
    const stayS = flight.hoverShare > 0 ? ((timeS - from.timeS) * flight.hoverShare) / (1 - flight.hoverShare) : 0;
    const backS = legS(flight, leg, next, start);
    if (timeS + stayS + backS > flight.durationS) break;
    knots.push({ timeS, ...next });
    if (stayS > SHORTEST_LEG_S) knots.push({ timeS: timeS + stayS, ...next });
  }
  knots.push({ timeS: flight.durationS, ...start });
  return knots;
}

function place(flight: RandomFlight, leg: number) {
  return {
    panDeg: pick(flight.panDeg, leg, 0, flight.seed),
    tiltDeg: pick(flight.tiltDeg, leg, 1, flight.seed),
    spanDeg: pick(flight.spanDeg, leg, 2, flight.seed),
  };
}

type Place = ReturnType<typeof place>;

function legS(flight: RandomFlight, leg: number, from: Place, to: Place): number {
  const distanceDeg = Math.hypot(to.panDeg - from.panDeg, to.tiltDeg - from.tiltDeg);
  return Math.max(SHORTEST_LEG_S, distanceDeg / pick(flight.speedDegPerS, leg, 3, flight.seed));
}

function pick([low, high]: Range, leg: number, what: number, seed: number): number {
  return low + (high - low) * hash01(leg, what, seed);
}
