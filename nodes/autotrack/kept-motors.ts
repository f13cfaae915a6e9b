/** What has been learned of a camera's motors, on disk. */
import type { Verdict } from '../../ptz/index.ts';
import type { Plant } from './control/types.ts';

export interface Learned {
  readonly plant: Plant;
  readonly repeatability: number;
  readonly atUnixMs: number;
}

/** The state on disk. */
export interface Kept extends Partial<Learned> {
  readonly version: typeof KEPT_VERSION;
  /** Capabilities of the camera at the last connection; for people who read the file. */
  readonly verdict?: Verdict;
  /** A plant belongs to the way that the camera is steered. */
  readonly rung: string | null;
  /** What was found out while following, where nothing was calibrated: a start for the next time. */
  readonly guess?: Plant;
}

export const KEPT_VERSION = 1;
const NOTHING = { learned: null, guess: null };

/** @param rung by which the camera is steered now: what was learned on another says nothing */
export function readKept(value: unknown, rung: string | null): { learned: Learned | null; guess: Plant | null } {
  if (typeof value !== 'object' || value === null) return NOTHING;
  const kept = value as Partial<Kept>;
  if (kept.version !== KEPT_VERSION || kept.rung !== rung) return NOTHING;
  const { plant, repeatability = 0, atUnixMs = 0, guess } = kept;
  return {
    learned: isPlant(plant) ? { plant, repeatability, atUnixMs } : null,
    guess: isPlant(guess) ? guess : null,
  };
}

function isPlant(value: unknown): value is Plant {
  if (typeof value !== 'object' || value === null) return false;
  return (['pan', 'tilt', 'zoom'] as const).every((name) => {
    const axis: unknown = (value as Record<string, unknown>)[name];
    if (typeof axis !== 'object' || axis === null) return false;
    const { gainPerS, rampS, delayMs } = axis as Record<string, unknown>;
    return [gainPerS, rampS, delayMs].every((number) => typeof number === 'number' && Number.isFinite(number));
  });
}
