/**
 * Pictures that are late, by more or less than `frame_delay_ms` guesses: the motion of the picture tells how late, in the
 * calibration and while a target is followed. Rendered pictures, real requests, simulated time.
 */
import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { plantOf } from '../../e2e/chase-graph.ts';
import { strollScene } from '../../e2e/scenes.ts';
import { driverFor } from '../../ptz/rig.ts';
import { TEST_LIMIT_MS } from '../../support/patience.ts';
import { SimulatedChase, type SimulatedOptions } from './simulated-chase.ts';

setDefaultTimeout(TEST_LIMIT_MS);

const AGES_MS = [0, 300, 500];
const GUESS_MS = 200;
/** It goes one way, and turns round. */
const ROUND_S = 12;
/** What a calibration takes. */
const CALIBRATION_S = 15;
/** Later pictures are followed a little less well, also when it is known how late they are. */
const WITHIN = 0.045;
const rows: string[] = [];
afterAll(() => console.log(rows.join('\n')));

/** @returns how far the target was off the centre, RMS, share of the picture's width */
async function follow(name: string, options: Partial<SimulatedOptions>, beforeS: number): Promise<number> {
  await using chase = await SimulatedChase.start({
    scene: strollScene,
    hasEyes: true,
    driver: (server, parts) => driverFor(server, {}, parts.time, parts),
    ...options,
  });
  await chase.until('the camera is ready', () => chase.isReady, 120);
  await chase.run(beforeS);
  await chase.select();
  await chase.run(4);
  const off: number[] = [];
  await chase.run(ROUND_S, () => {
    off.push(chase.offCentre());
  });
  const rms = Math.sqrt(off.reduce((sum, share) => sum + share * share, 0) / off.length);
  rows.push(`${name}: rms ${(100 * rms).toFixed(1)} %, worst ${(100 * Math.max(...off)).toFixed(1)} %`);
  return rms;
}

test.each(AGES_MS)('by %i ms, and the camera is calibrated', async (pictureAgeMs) => {
  const options = { pictureAgeMs, params: { calibrate: true } };
  expect(await follow(`${pictureAgeMs} ms, calibrated`, options, CALIBRATION_S)).toBeLessThan(WITHIN);
});

test.each(AGES_MS)(`by %i ms, taken for ${GUESS_MS}`, async (pictureAgeMs) => {
  const options = { pictureAgeMs, known: { rung: 'velocity', plant: plantOf('velocity', GUESS_MS) } };
  expect(await follow(`${pictureAgeMs} ms, taken for ${GUESS_MS}`, options, 0)).toBeLessThan(WITHIN);
});
