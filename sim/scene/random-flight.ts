/** A path at random, the same for the same seed: straight legs between places, with stays, closed in time. */
import { type Static, Type } from '@sinclair/typebox';
import { hash01 } from '../noise.ts';
import type { FlightKnot } from './scene.ts';

type Range = readonly [low: number, high: number];

const pair = (low: number, high: number, defaults: [number, number]) =>
  Type.Tuple([Type.Number({ minimum: low, maximum: high }), Type.Number({ minimum: low, maximum: high })], {
    default: defaults,
  });

export const randomPathSchema = Type.Object(
  {
    seed: Type.Integer({ minimum: 0, maximum: 2 ** 31, description: 'the same seed gives the same path' }),
    duration_s: Type.Number({ default: 120, minimum: 5, maximum: 3600, description: 'then it starts again' }),
    pan_deg: pair(-180, 180, [-80, 80]),
    tilt_deg: pair(-20, 90, [5, 30]),
    span_deg: pair(0.05, 60, [1.5, 3]),
    speed_deg_s: pair(0.01, 200, [2, 12]),
    hover_share: Type.Number({ default: 0.2, minimum: 0, maximum: 0.9, description: 'share of the time it stays put' }),
  },
  { additionalProperties: false },
);

export type RandomPath = Static<typeof randomPathSchema>;

/** More legs than any sensible path has; keeps tiny distances at high speed from making millions. */
const MAX_LEGS = 5000;
/** A leg is at least this long in time: the curve through the knots stays smooth. */
const SHORTEST_LEG_S = 0.5;

/** Knots from 0 to `duration_s`; the last is the first again, so the path can repeat without a jump. */
export function randomFlight(flight: RandomPath): FlightKnot[] {
  const start = place(flight, 0);
  const knots: FlightKnot[] = [{ timeS: 0, ...start }];
  for (let leg = 1; leg < MAX_LEGS; leg++) {
    const from = knots.at(-1) ?? { timeS: 0, ...start };
    const next = place(flight, leg);
    const timeS = from.timeS + legS(flight, leg, from, next);
    const stayS = flight.hover_share > 0 ? ((timeS - from.timeS) * flight.hover_share) / (1 - flight.hover_share) : 0;
    const backS = legS(flight, leg, next, start);
    if (timeS + stayS + backS > flight.duration_s) break;
    knots.push({ timeS, ...next });
    if (stayS > SHORTEST_LEG_S) knots.push({ timeS: timeS + stayS, ...next });
  }
  knots.push({ timeS: flight.duration_s, ...start });
  return knots;
}

function place(flight: RandomPath, leg: number) {
  return {
    panDeg: pick(flight.pan_deg, leg, 0, flight.seed),
    tiltDeg: pick(flight.tilt_deg, leg, 1, flight.seed),
    spanDeg: pick(flight.span_deg, leg, 2, flight.seed),
  };
}

type Place = ReturnType<typeof place>;

function legS(flight: RandomPath, leg: number, from: Place, to: Place): number {
  const distanceDeg = Math.hypot(to.panDeg - from.panDeg, to.tiltDeg - from.tiltDeg);
  return Math.max(SHORTEST_LEG_S, distanceDeg / pick(flight.speed_deg_s, leg, 3, flight.seed));
}

function pick([low, high]: Range, leg: number, what: number, seed: number): number {
  return low + (high - low) * hash01(leg, what, seed);
}
