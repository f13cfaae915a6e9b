/**
 * Cameras that hang from a ceiling, or whose picture is mirrored: the picture tells that an axis turns the other way, before
 * there is a target and while one is followed. Rendered pictures, real requests, simulated time.
 */
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { readPlants, type TargetPath } from '../../../bench/autotrack/files.ts';
import { calibrate } from '../../../bench/autotrack/ours.ts';
import { placeAt } from '../../../bench/autotrack/plant.ts';
import { runCase } from '../../../bench/autotrack/run.ts';
import { Backwards, PATHS, WAYS } from '../../../bench/cases/ptz-turned.ts';
import { UNKNOWN_PLANT } from '../../../nodes/autotrack/control/types.ts';
import type { PictureTurn } from '../../../sim/scene/scene-file.ts';
import { plantOf } from '../../e2e/chase-graph.ts';
import { strollScene } from '../../e2e/scenes.ts';
import { driverFor } from '../../ptz/rig.ts';
import { TEST_LIMIT_MS } from '../../support/patience.ts';
import { SimulatedChase, type SimulatedOptions } from './simulated-chase.ts';

setDefaultTimeout(TEST_LIMIT_MS);

const TURNS: readonly [name: string, picture: PictureTurn][] = [
  ['upright', { mirrored: false, flipped: false }],
  ['mirrored', { mirrored: true, flipped: false }],
  ['upside down', { mirrored: false, flipped: true }],
  ['hung from a ceiling', { mirrored: true, flipped: true }],
];

async function start(picture: PictureTurn, options: Partial<SimulatedOptions> = {}): Promise<SimulatedChase> {
  const chase = await SimulatedChase.start({
    scene: { ...strollScene, picture },
    hasEyes: true,
    driver: (server, parts) => driverFor(server, {}, parts.time, parts),
    ...options,
  });
  await chase.until('the camera is ready', () => chase.isReady, 120);
  return chase;
}

/** The worst distance from the centre, share of the picture's width. */
async function worstOf(chase: SimulatedChase, seconds: number): Promise<number> {
  let worst = 0;
  await chase.run(seconds, () => {
    worst = Math.max(worst, chase.offCentre());
  });
  return worst;
}

describe.each([...TURNS])('%s', (_name, picture) => {
  test('calibrated first: it is followed from the start', async () => {
    await using chase = await start(picture, { params: { calibrate: true } });
    await chase.run(12);
    await chase.select();
    await chase.run(3);
    expect(await worstOf(chase, 12)).toBeLessThan(0.1);
  });

  test('taken to be upright: noticed while it is followed, within 2 s', async () => {
    await using chase = await start(picture, { known: { rung: 'velocity', plant: plantOf('velocity') } });
    await chase.select();
    await chase.run(5);
    expect(await worstOf(chase, 12)).toBeLessThan(0.1);
  });

  test('nothing is known of it: noticed while it is followed', async () => {
    await using chase = await start(picture);
    await chase.select();
    await chase.run(6);
    expect(await worstOf(chase, 12)).toBeLessThan(0.1);
  });
});

describe('in a picture that tells nothing, the target tells', () => {
  const names = ['fast-100ms', 'fast-300ms', 'medium-200ms', 'medium-500ms', 'slow-100ms', 'slow-700ms', 'heavy-400ms'];
  const withText = ['medium-200ms', 'slow-700ms'];
  const specs = readPlants(join(import.meta.dir, '../../../bench/autotrack/plants.json'));

  const cases = specs
    .filter(({ name }) => names.includes(name))
    .flatMap((spec) =>
      (withText.includes(spec.name) ? [false, true] : [false]).map((hasText) => ({ ...spec, hasText })),
    );

  test.each(cases)('$name, text in it: $hasText', ({ hasText, ...spec }) => {
    const plant = calibrate(spec, false);
    for (const [way, turned] of WAYS) {
      for (const path of PATHS) {
        const contestant = new Backwards(spec, plant, turned);
        contestant.hasText = hasText;
        const isRight = way === 'the right way';
        const { lost } = runCase(spec, isRight ? path : firstOf(path, 8), contestant);
        expect([way, path.name, lost, contestant.noticedMs === null]).toEqual([way, path.name, false, isRight]);
        expect(contestant.noticedMs ?? 0).toBeLessThan(2000);
      }
    }
  });
});

/** A path of two places, cut: what is turned has been noticed long before. */
function firstOf({ name, target }: TargetPath, seconds: number): TargetPath {
  const { panDeg, tiltDeg, widthDeg } = placeAt({ name, target }, seconds);
  return { name, target: [...target.slice(0, 1), [seconds, panDeg, tiltDeg, widthDeg]] };
}

describe('nothing is known, and the picture tells nothing', () => {
  const names = ['fast-100ms', 'slow-700ms', 'narrow-300ms'];
  const specs = readPlants(join(import.meta.dir, '../../../bench/autotrack/plants.json'));
  // Long enough for it to be noticed and mended.
  const paths: readonly TargetPath[] = [
    {
      name: 'still',
      target: [
        [0, 8, 5, 2],
        [14, 8, 5, 2],
      ],
    },
    {
      name: 'slow',
      target: [
        [0, 0, 5, 2],
        [14, 14, 8, 2],
      ],
    },
  ];

  test.each(specs.filter(({ name }) => names.includes(name)))('$name', (spec) => {
    for (const [way, turned] of WAYS) {
      for (const path of paths) {
        const contestant = new Backwards(spec, UNKNOWN_PLANT, turned);
        const { lost, rms } = runCase(spec, path, contestant);
        const isRight = way === 'the right way';
        expect([way, path.name, lost, contestant.noticedMs === null]).toEqual([way, path.name, false, isRight]);
        expect(rms).toBeLessThan(isRight ? 0.05 : 0.2);
      }
    }
  });
});
