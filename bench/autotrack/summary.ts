/** What the cases add up to, and whether the bounds hold. */
import type { PlantSpec, TargetPath } from './files.ts';
import type { CaseFigures } from './metrics.ts';

export const CONTROLLERS = ['windhover', 'pid', 'relative'] as const;
export type ControllerName = (typeof CONTROLLERS)[number];

export interface CaseResult extends CaseFigures {
  readonly plant: string;
  readonly path: string;
  readonly controller: ControllerName;
}

/** The bounds. */
export const BOUNDS = {
  /** Median RMS error of ours over that of the better baseline. */
  ratio: 0.4,
  signChangesPerS: 0.5,
  inFrame: 0.99,
  /** Paths up to this share of the motor's speed must stay in frame. */
  reachable: 0.7,
  still: 0.95,
  /** A target hovers when it moves no further than this share of the field of view. */
  hover: 0.1,
} as const;

export interface PlantSummary {
  readonly plant: string;
  /** Median over the paths of each controller's RMS. */
  readonly medianRms: Readonly<Record<ControllerName, number>>;
  /** Ours over the smaller one of the baselines'. */
  readonly ratio: number;
  /** Median over the paths of ours over the better baseline's of that path. */
  readonly caseRatio: number;
  /** The worst path. */
  readonly signChangesPerS: number;
  /** The worst reachable path; null when there is none. */
  readonly inFrame: number | null;
  /** The worst hovering path; null when there is none. */
  readonly still: number | null;
}

export function summarize(
  plants: readonly PlantSpec[],
  paths: readonly TargetPath[],
  results: readonly CaseResult[],
): PlantSummary[] {
  return plants.map((plant) => {
    const of = (controller: ControllerName) =>
      results.filter((result) => result.plant === plant.name && result.controller === controller);
    const rms = (controller: ControllerName) => of(controller).map((result) => result.rms);
    const ours = of('windhover');
    const medianRms = {
      windhover: median(rms('windhover')),
      pid: median(rms('pid')),
      relative: median(rms('relative')),
    };
    const better = paths.map((_, k) => Math.min(rms('pid')[k] ?? Infinity, rms('relative')[k] ?? Infinity));
    // A target that no controller has seen was never in front of the camera.
    const hidden = new Set(paths.filter((path) => results.every((result) => isUnseen(result, plant, path))));
    const within = (test: (path: TargetPath) => boolean) =>
      ours.filter((_, k) => {
        const path = paths[k];
        return path !== undefined && !hidden.has(path) && test(path);
      });
    const reachable = within((path) => isReachable(plant, path)).map(({ off_frame_share }) => 1 - off_frame_share);
    const hovering = within((path) => hovers(plant, path)).map(({ still_share }) => still_share);
    return {
      plant: plant.name,
      medianRms,
      ratio: medianRms.windhover / Math.min(medianRms.pid, medianRms.relative),
      caseRatio: median(ours.map((result, k) => result.rms / (better[k] ?? 1))),
      signChangesPerS: Math.max(...ours.map(({ sign_changes_per_s }) => sign_changes_per_s)),
      inFrame: reachable.length > 0 ? Math.min(...reachable) : null,
      still: hovering.length > 0 ? Math.min(...hovering) : null,
    };
  });
}

/** The path never asks for more than 70 % of either motor's speed. */
export function isReachable(plant: PlantSpec, { target }: TargetPath): boolean {
  return target.every(([timeS, panDeg, tiltDeg], k) => {
    const [beforeS = 0, beforePan = 0, beforeTilt = 0] = target[k - 1] ?? [];
    if (k === 0) return true;
    const dtS = timeS - beforeS;
    const allowed = BOUNDS.reachable * dtS;
    return (
      Math.abs(panDeg - beforePan) < allowed * plant.pan.max_deg_s &&
      Math.abs(tiltDeg - beforeTilt) < allowed * plant.tilt.max_deg_s
    );
  });
}

/** The target moves, but no further than a tenth of the picture. */
export function hovers(plant: PlantSpec, { target }: TargetPath): boolean {
  const extent = (side: 1 | 2) => {
    const values = target.map((sample) => sample[side]);
    return Math.max(...values) - Math.min(...values);
  };
  const size = Math.max(extent(1), extent(2));
  return size > 0 && size <= BOUNDS.hover * plant.hfov_deg;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? high) + high) / 2;
}

/** True too for the results of other cases. */
function isUnseen(result: CaseResult, plant: PlantSpec, path: TargetPath): boolean {
  return result.plant !== plant.name || result.path !== path.name || result.off_frame_share === 1;
}
