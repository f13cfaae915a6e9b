/**
 * What `roi: auto` of detect finds beside `roi: off`, and at what cost: the runtime itself (source, decode, detect, track)
 * over labelled clips that are made smaller and put into a larger picture, which repeats their borders.
 *
 *     bun run bench foveated [--data DIR] [--split val] [--clips 'V_DRONE_*'] [--every 3] [--first 1] [--frames 90]
 *         [--model default] [--cases 1:0,3:1080,5:1080,3:2160,5:2160] [--pasted DIR] [--json FILE]
 *     bun run bench foveated --skylines 6          false tracks on rendered skylines in which nothing flies
 *     bun run bench foveated --join FILE,FILE,…    the table of several runs' --json files together
 *
 * A case is a factor and the height of a 16:9 picture: 5:2160 puts the clips at 1/5 into 3840×2160; height 0 is the clip as it
 * is. `--every 3` takes every third clip, from the `--first` one on, so that a long run can be done in parts; `--frames` the first
 * frames of each. `--pasted` keeps the larger videos there, for the next run. Found: a published track on the label, at
 * IoU 0.3, both with the margin of the labels; tight: without it. A false track is on no label at any time. Runs are of the model; the time
 * in it suffers from whatever else runs, CPU time of the whole process (decoding too) less so.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { numberOption } from '../runtime/cli/command.ts';
import { WindhoverError } from '../runtime/errors.ts';
import { textTable } from '../runtime/text-table.ts';
import { LABEL_MARGIN } from './detector/boxes.ts';
import { type Clip, readClips } from './detector/data-set.ts';
import { DRONES } from './detector/folders.ts';
import { modelFacts } from './detector/model-facts.ts';
import { runClip } from './detector/run-clip.ts';
import { pasteClip } from './foveated/paste.ts';
import { type Score, scoreClip, sumOf } from './foveated/score.ts';
import { skylineClip } from './foveated/skylines.ts';
import { benchOptions } from './options.ts';

const WAYS = ['off', 'auto'] as const;

interface Case {
  readonly factor: number;
  /** Of the picture; 0: the clip as it is. */
  readonly height: number;
}

interface Row extends Case {
  readonly roi: (typeof WAYS)[number];
  readonly score: Score;
}

/** Measures and prints. @throws WindhoverError `usage`, `bench_data`, and what models and sessions fail with */
async function benchFoveated(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  if (options.skylines > 0) return runSkylines(options);
  if (options.join) return print(joined(options.join.split(',')));
  if (!existsSync(options.data)) {
    console.log(`foveated: not measured, there is no ${options.data} (give a folder with --data DIR)`);
    return;
  }
  const all = readClips(options.data, { split: options.split, clips: options.clips, margin: LABEL_MARGIN });
  const clips = all.map((clip, i) => ({ clip, seed: i + 1 })).filter(({ seed }) => isChosen(seed, options));
  if (clips.length === 0) {
    const got = `--first ${options.first} of ${all.length} clips`;
    throw new WindhoverError('bench_data', 'no clip is chosen', { expected: `--first 1 to ${all.length}`, got });
  }
  const folder = options.pasted || mkdtempSync(join(tmpdir(), 'windhover-foveated-'));
  mkdirSync(folder, { recursive: true });
  const rows: Row[] = [];
  try {
    for (const one of options.cases) rows.push(...(await runCase(clips, one, options, folder)));
  } finally {
    if (!options.pasted) rmSync(folder, { recursive: true, force: true });
  }
  if (options.json) writeFileSync(options.json, `${JSON.stringify(rows)}\n`);
  print(rows);
}

function isChosen(seed: number, { every, first }: ReturnType<typeof readOptions>): boolean {
  return seed >= first && (seed - first) % every === 0;
}

/** Rows of one case of several runs are one. */
function joined(files: readonly string[]): Row[] {
  const rows = files.flatMap((file): Row[] => JSON.parse(readFileSync(file, 'utf8')));
  const groups = Map.groupBy(rows, ({ factor, height, roi }) => `${factor}:${height} ${roi}`);
  return [...groups.values()].flatMap(([first, ...others]) =>
    first ? [{ ...first, score: sumOf([first, ...others].map(({ score }) => score)) }] : [],
  );
}

async function runCase(
  clips: readonly { readonly clip: Clip; readonly seed: number }[],
  one: Case,
  { model: name, frames, pasted: kept }: ReturnType<typeof readOptions>,
  folder: string,
): Promise<Row[]> {
  const model = modelFacts(name);
  const scores = new Map<Row['roi'], Score[]>(WAYS.map((roi) => [roi, []]));
  for (const [i, { clip, seed }] of clips.entries()) {
    const size = one.height === 0 ? clip.size : { w: Math.round((one.height * 16) / 9), h: one.height };
    const pad = { x: (LABEL_MARGIN.x * clip.size.w) / 640, y: (LABEL_MARGIN.y * clip.size.w) / 640 };
    const pasted = await pasteClip(clip, seed, { factor: one.factor, frame: size, frames }, pad, folder);
    for (const roi of WAYS) {
      const records = await runClip(pasted.video, { model, sets: [`detect.roi=${roi}`] });
      const score = scoreClip(pasted, records, pad, model.sure);
      scores.get(roi)?.push(score);
      const found = `${score.hits} of ${score.labels}, false tracks: ${score.falseTracks}`;
      process.stderr.write(
        `1/${one.factor} in ${size.w}x${size.h} ${roi}  ${i + 1}/${clips.length} ${clip.name} ${found}\n`,
      );
    }
    if (!kept) rmSync(pasted.video);
  }
  return WAYS.map((roi) => ({ ...one, roi, score: sumOf(scores.get(roi) ?? []) }));
}

async function runSkylines({ skylines, model: name }: ReturnType<typeof readOptions>): Promise<void> {
  const model = modelFacts(name);
  const folder = mkdtempSync(join(tmpdir(), 'windhover-skylines-'));
  const falseTracks = { off: 0, auto: 0 };
  try {
    for (let seed = 1; seed <= skylines; seed++) {
      const clip = await skylineClip(seed, folder);
      for (const roi of WAYS) {
        const records = await runClip(clip.video, { model, sets: [`detect.roi=${roi}`] });
        const score = scoreClip(clip, records, { x: 0, y: 0 }, model.sure);
        falseTracks[roi] += score.falseTracks;
        process.stderr.write(`${clip.name} ${roi} ${score.falseTracks}\n`);
      }
      rmSync(clip.video);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(
    `false tracks on ${skylines} skylines: ${falseTracks.off} with roi off, ${falseTracks.auto} with roi auto`,
  );
}

function print(rows: readonly Row[]): void {
  const head = ['clips at', 'picture', 'roi', 'recall', 'tight', 'clips found', 'after s', 'false tracks/min'];
  const lines = rows.map(({ factor, height, roi, score }) => [
    `1/${factor}`,
    height === 0 ? 'the clip' : `${Math.round((height * 16) / 9)}×${height}`,
    roi,
    (score.hits / score.labels).toFixed(3),
    (score.tightHits / score.labels).toFixed(3),
    `${score.foundClips}/${score.clips}`,
    (score.foundAfterS / score.foundClips).toFixed(2),
    (score.falseTracks / (score.seconds / 60)).toFixed(1),
    (score.runs / score.frames).toFixed(2),
    (score.modelMs / score.frames).toFixed(1),
    (score.cpuMs / score.frames).toFixed(1),
  ]);
  process.stdout.write(textTable([[...head, 'runs/frame', 'model ms/frame', 'CPU ms/frame'], ...lines]));
  for (const off of rows.filter(({ roi }) => roi === 'off')) {
    const auto = rows.find((row) => row.roi === 'auto' && row.factor === off.factor && row.height === off.height);
    if (!auto) continue;
    const ratio = (key: keyof Score) => auto.score[key] / auto.score.frames / (off.score[key] / off.score.frames);
    const recall = auto.score.hits / off.score.hits;
    const tight = auto.score.tightHits / off.score.tightHits;
    console.log(
      `1/${off.factor} in ${off.height || 'the clip'}: recall × ${recall.toFixed(2)} (tight × ${tight.toFixed(2)}), runs × ${ratio('runs').toFixed(2)}, ` +
        `CPU × ${ratio('cpuMs').toFixed(2)}`,
    );
  }
}

function readOptions(args: readonly string[]) {
  const values = benchOptions(
    {
      ...{ data: DRONES, split: 'val', clips: '', every: 3, first: 1, pasted: '', join: '', skylines: 0, frames: 90 },
      ...{ model: 'default', json: '', cases: '1:0,3:1080,5:1080,3:2160,5:2160' },
    },
    args,
  );
  return {
    ...values,
    data: resolve(values.data),
    clips: values.clips || undefined,
    pasted: values.pasted && resolve(values.pasted),
    cases: values.cases.split(',').map((text): Case => {
      const [factor = '', height = ''] = text.split(':');
      return {
        factor: numberOption('cases', factor, { min: 1, max: 16 }),
        height: numberOption('cases', height, { min: 0, max: 4320 }),
      };
    }),
  };
}

if (import.meta.main) {
  await benchFoveated(Bun.argv.slice(2));
  // Native libraries would keep the process alive, or crash in their own clean-up.
  process.exit(0);
}
