/**
 * How well the camera stays on its target: the controller and two baselines on simulated cameras, in simulated time.
 *
 *     bun run bench autotrack [--plant FILE] [--paths FILE] [--uncalibrated] [--json]
 *
 * FILE: a JSON list of cameras or of target paths; those of bench/autotrack/ are the ones used without it. `--json`
 * prints all cases as one array instead of tables. Errors are distances from the centre in shares of the frame width,
 * from 3 s after the start; zoom stays at 1, except in the second table, which shows ours with zoom on. Ours has measured
 * the camera beforehand; with `--uncalibrated` it starts with nothing known about it.
 */
import { join } from 'node:path';
import { type Plant, UNKNOWN_PLANT } from '../nodes/autotrack/control/types.ts';
import { type PlantSpec, readPaths, readPlants, type TargetPath } from './autotrack/files.ts';
import { calibrate, WindhoverContestant } from './autotrack/ours.ts';
import { PidContestant } from './autotrack/pid.ts';
import { printCases, printSummary } from './autotrack/print.ts';
import { RelativeContestant } from './autotrack/relative.ts';
import { runCase } from './autotrack/run.ts';
import { type CaseResult, CONTROLLERS, type ControllerName, summarize } from './autotrack/summary.ts';
import { benchOptions } from './options.ts';

/** What ours knows about a camera beforehand. */
type Learn = (plant: PlantSpec, zoom: boolean) => Plant;

const FOLDER = join(import.meta.dir, 'autotrack');

/** Measures and prints. @throws WindhoverError `usage`, `bench_data` */
export function benchAutotrack(args: readonly string[], print: (line: string) => void = console.log): void {
  const [plant, path] = [join(FOLDER, 'plants.json'), join(FOLDER, 'paths.json')];
  const options = benchOptions({ plant, paths: path, uncalibrated: false, json: false }, args);
  const plants = readPlants(options.plant);
  const paths = readPaths(options.paths);
  const learn = options.uncalibrated ? () => UNKNOWN_PLANT : calibrate;
  const results = runAll(plants, paths, learn);
  if (options.json) {
    print(JSON.stringify(results.map(({ fill: _, ...result }) => result)));
    return;
  }
  printCases(results, print);
  printSummary(summarize(plants, paths, results), print);
  const zoomed = runZoomed(plants, paths, learn);
  if (zoomed.length === 0) return;
  print('\nours with zoom on');
  printCases(zoomed, print, true);
}

/** Every controller on every plant and path, zoom held at 1. */
export function runAll(
  plants: readonly PlantSpec[],
  paths: readonly TargetPath[],
  learn: Learn = calibrate,
): CaseResult[] {
  return plants.flatMap((plant) => {
    const learned = learn(plant, false);
    const contestant = (name: ControllerName) =>
      ({
        windhover: () => new WindhoverContestant(plant, learned, false),
        pid: () => new PidContestant(),
        relative: () => new RelativeContestant(plant),
      })[name]();
    return paths.flatMap((path) =>
      CONTROLLERS.map((controller) => ({
        plant: plant.name,
        path: path.name,
        controller,
        ...runCase(plant, path, contestant(controller)),
      })),
    );
  });
}

/** Ours with zoom on, on the plants that can. */
export function runZoomed(
  plants: readonly PlantSpec[],
  paths: readonly TargetPath[],
  learn: Learn = calibrate,
): CaseResult[] {
  const able = plants.filter(({ zoom }) => zoom !== undefined && zoom.max_x > 1);
  return able.flatMap((plant) => {
    const learned = learn(plant, true);
    return paths.map((path) => ({
      plant: plant.name,
      path: path.name,
      controller: 'windhover' as const,
      ...runCase(plant, path, new WindhoverContestant(plant, learned, true)),
    }));
  });
}

if (import.meta.main) {
  benchAutotrack(Bun.argv.slice(2));
}
