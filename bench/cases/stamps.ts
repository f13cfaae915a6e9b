/** Following while the stamps of the stream are wrong: the capture clock is between them and the controller, as it is in a graph. */
import { join } from 'node:path';
import { CaptureClock } from '../../timing/index.ts';
import { readPaths, readPlants } from '../autotrack/files.ts';
import { calibrate, WindhoverContestant } from '../autotrack/ours.ts';
import { runCase } from '../autotrack/run.ts';
import type { Case } from './case.ts';

const FOLDER = join(import.meta.dir, '../autotrack');
const PLANTS = ['fast-300ms', 'medium-500ms', 'slow-100ms'];
/** Of the distance from the middle with true stamps, and what is no difference to be seen, in shares of the picture. */
const MOST_TIMES = 1.5;
const LEAST_RMS = 0.02;

/** What the sender writes on a picture that was taken at a time of ours. */
const STAMPS: readonly { readonly what: string; readonly stampMs: (takenMs: number) => number }[] = [
  { what: '800 ms in the future', stampMs: (ms) => ms + 800 },
  { what: '1500 ms late', stampMs: (ms) => ms - 1500 },
  { what: 'late by 160 ms a second', stampMs: (ms) => 0.84 * ms },
  { what: 'ahead by 160 ms a second', stampMs: (ms) => 1.16 * ms },
  { what: 'goes back by 4 s every 5 s', stampMs: (ms) => ms - 4000 * Math.floor(ms / 5000) },
];

export function stampCases(): Case[] {
  return PLANTS.map((plant) => ({
    name: `time/stamps: ${plant}`,
    expected: `at most ${MOST_TIMES} times as far from the middle as with true stamps, whatever is stamped, on each path`,
    isSlow: true,
    run: () => {
      const runs = followed(plant);
      const wrong = runs.filter(({ rms, trueRms }) => rms > Math.max(LEAST_RMS, MOST_TIMES * trueRms));
      const words = ({ path, what, rms, trueRms }: (typeof runs)[number]) =>
        `${path}, ${what}: ${(100 * rms).toFixed(1)} % (${(100 * trueRms).toFixed(1)} %)`;
      return {
        pass: runs.length > 0 && wrong.length === 0,
        got: wrong.length > 0 ? wrong.map(words).join('; ') : `${runs.length} of ${runs.length}`,
      };
    },
  }));
}

function followed(plantName: string) {
  const spec = readPlants(join(FOLDER, 'plants.json')).find(({ name }) => name === plantName);
  if (!spec) throw new Error(`no plant ${plantName}`);
  const paths = readPaths(join(FOLDER, 'paths.json')).filter(({ name }) => /weav|constant|turn|cross/i.test(name));
  const plant = calibrate(spec, false);
  return paths.slice(0, 4).flatMap((path) => {
    const rms = (stampMs?: (arrivalMs: number) => number) =>
      runCase(spec, path, new WindhoverContestant(spec, plant, false, stampMs)).rms;
    const trueRms = rms();
    return STAMPS.map(({ what, stampMs }) => ({ path: path.name, what, rms: rms(byClock(stampMs)), trueRms }));
  });
}

function byClock(stampMs: (takenMs: number) => number): (arrivalMs: number) => number {
  const clock = new CaptureClock();
  return (arrivalMs) => {
    const times = { timestampMs: stampMs(arrivalMs), arrivalMs };
    clock.observe(times);
    return clock.captureMs(times);
  };
}
