/** Cases of `ptz/33`: a camera that turns the other way than it is told, followed by the target's motion alone. */
import { join } from 'node:path';
import { Controller } from '../../nodes/autotrack/control/controller.ts';
import type { Plant, Velocity } from '../../nodes/autotrack/control/types.ts';
import { type PlantSpec, readPlants, type TargetPath } from '../autotrack/files.ts';
import { calibrate, optionsFor } from '../autotrack/ours.ts';
import type { Frame } from '../autotrack/plant.ts';
import { type Contestant, runCase } from '../autotrack/run.ts';
import type { Case } from './case.ts';

export const WAYS = [
  ['the right way', { pan: 1, tilt: 1 }],
  ['pan turned', { pan: -1, tilt: 1 }],
  ['tilt turned', { pan: 1, tilt: -1 }],
  ['both turned', { pan: -1, tilt: -1 }],
] as const;
export const PATHS: readonly TargetPath[] = [
  {
    name: 'still',
    target: [
      [0, 8, 5, 2],
      [30, 8, 5, 2],
    ],
  },
  {
    name: 'slow',
    target: [
      [0, 0, 5, 2],
      [30, 30, 12, 2],
    ],
  },
];

/** A camera that takes its commands the other way round, and when that is noticed. */
export class Backwards implements Contestant {
  noticedMs: number | null = null;
  readonly #controller: Controller;
  readonly #turned: { readonly pan: 1 | -1; readonly tilt: 1 | -1 };
  readonly #signs: string;

  constructor(spec: PlantSpec, plant: Plant, turned: Backwards['turned']) {
    this.#controller = new Controller(optionsFor(spec, false), spec.aspect, plant);
    this.#turned = turned;
    this.#signs = this.signs;
  }

  get turned() {
    return this.#turned;
  }

  get signs(): string {
    const { pan, tilt } = this.#controller.plant;
    return [pan, tilt].map(({ gainPerS }) => Math.sign(gainPerS)).join();
  }

  /** Text over an empty sky stands still, however the camera turns. */
  hasText = false;
  #lastMs = 0;

  frame(nowMs: number, { bbox }: Frame) {
    if (this.hasText) this.#controller.moved({ fromMs: this.#lastMs, atMs: nowMs, right: 0, down: 0 });
    this.#lastMs = nowMs;
    const sighting = bbox === null ? undefined : { atMs: nowMs, bbox };
    return this.#order(nowMs, this.#controller.step(nowMs, { sighting }).command);
  }

  tick(nowMs: number) {
    return this.#order(nowMs, this.#controller.step(nowMs).command);
  }

  #order(nowMs: number, command: Velocity | null) {
    if (this.signs !== this.#signs) this.noticedMs ??= nowMs;
    if (command === null) return null;
    this.#controller.sent(command, nowMs);
    const { pan, tilt } = this.#turned;
    return { kind: 'velocity' as const, ...command, pan: pan * command.pan, tilt: tilt * command.tilt, leaseMs: 1000 };
  }
}

const NOTICED_MS = 2000;

/** Two cameras, measured by their positions; a target that stays and one that drifts. */
export function turnedCases(): Case[] {
  const specs = readPlants(join(import.meta.dir, '../autotrack/plants.json'));
  return specs
    .filter(({ name }) => name === 'medium-200ms' || name === 'slow-100ms')
    .flatMap((spec) =>
      WAYS.flatMap(([way, turned]) =>
        PATHS.map((path) => ({
          name: `ptz/33-turned: ${spec.name}, ${way}, ${path.name}`,
          expected: way === WAYS[0][0] ? 'never taken for turned, not lost' : 'noticed within 2 s, not lost',
          isSlow: false,
          run: () => {
            const contestant = new Backwards(spec, calibrate(spec, false), turned);
            const { lost, rms } = runCase(spec, path, contestant);
            const { noticedMs } = contestant;
            const isTimely = way === WAYS[0][0] ? noticedMs === null : noticedMs !== null && noticedMs < NOTICED_MS;
            const when = noticedMs === null ? 'never noticed' : `noticed after ${noticedMs} ms`;
            return { pass: isTimely && !lost, got: `${when}, ${lost ? 'lost' : `rms ${(100 * rms).toFixed(1)} %`}` };
          },
        })),
      ),
    );
}
