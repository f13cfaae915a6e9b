/**
 * How well a model finds and names what flies: the runtime itself (source, decode, detect, track) over labelled clips.
 *
 *     bun run bench detector [--data DIR] [--split val] [--model M] [--against yolox_nano.onnx|none]
 *         [--shrink 1,2,3] [--clips 'V_DRONE_*'] [--jobs 2] [--margin 9.6,8.5] [--set node.param=value]
 *         [--looks all|sharpened,dark,haze,out-of-focus,grain,compressed]
 *         [--json FILE] [--detections FILE] [--card FILE:SECTION]
 *     bun run bench detector --empty [MINUTES]     false tracks on rendered skies where nothing flies
 *     bun run bench detector --fixtures            recall on fixtures/
 *
 * `--model default,fast` measures several. `--card models/README.md:visible` writes the tables of the model card. `--looks` also
 * runs the clips as other cameras would have shown them; in the card its table stands in place of the one by class.
 * DIR holds labels.jsonl, split.json and clips/ (README.md there has the form). Some clips of the drone sets are
 * spliced (cuts.json); the product knows nothing of cuts, so the tracker is not told either and has to cope.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { numberOption } from '../runtime/cli/command.ts';
import { errorMessage, WindhoverError } from '../runtime/errors.ts';
import { LABEL_MARGIN, type Margin } from './detector/boxes.ts';
import { writeCard } from './detector/card.ts';
import { type Clip, readClips, splicedClips } from './detector/data-set.ts';
import { detectionLines } from './detector/dump.ts';
import { type EmptyReport, emptyReport } from './detector/empty.ts';
import { type FixtureReport, fixtureReport } from './detector/fixture-recall.ts';
import { DRONES, SHARED } from './detector/folders.ts';
import { chosenLooks, eachLook, type LookReport, printLooks } from './detector/looks.ts';
import { type ModelFacts, modelFacts } from './detector/model-facts.ts';
import { printEmpty, printFixtures, printModels, printShrinkLoss } from './detector/print.ts';
import type { ModelReport } from './detector/report.ts';
import { runModel } from './detector/run-model.ts';

const RIVAL = join(SHARED, 'models/yolox_nano.onnx');
const FIXTURES = join(import.meta.dir, '../fixtures');
const EMPTY_MINUTES = '10';

type Options = ReturnType<typeof readOptions>;

interface Results {
  readonly runs: ModelReport[];
  looks?: readonly LookReport[];
  empty?: readonly EmptyReport[];
  fixtures?: readonly FixtureReport[];
}

/** Measures and prints. @throws WindhoverError `usage`, `bench_data`, and what models and sessions fail with */
export async function benchDetector(args: string[]): Promise<void> {
  const options = readOptions(args);
  const scratch = mkdtempSync(join(tmpdir(), 'windhover-detector-'));
  const results: Results = { runs: [] };
  try {
    const clips = options.onClips ? chosenClips(options) : null;
    if (options.onClips && clips === null && !options.fixtures && options.emptyMinutes === null) return;
    const models = [...options.models.map(modelFacts), ...rival(options)];
    if (clips !== null) await benchClips(clips, models, options, scratch, results.runs);
    if (clips !== null && options.looks.length > 0) {
      const { margin, jobs, sets } = options;
      const run = (others: readonly Clip[]) =>
        eachModel(models, (model) => runModel(others, { model, shrink: 1, margin, jobs, sets }));
      results.looks = await eachLook(clips, options.looks, scratch, run);
      printLooks(
        results.runs.filter(({ shrink }) => shrink === 1),
        results.looks,
      );
    }
    if (options.fixtures) {
      results.fixtures = await eachModel(models, (model) => fixtureReport(model, FIXTURES, options.sets));
      printFixtures(results.fixtures, console.log);
    }
    if (options.emptyMinutes !== null) {
      results.empty = await emptyReport(models, options.emptyMinutes, scratch, options.sets);
      printEmpty(results.empty, console.log);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const { data, split, margin, sets, jobs, card } = options;
  if (card) {
    const [file = '', section = ''] = card.split(':');
    writeCard(file, section, results);
  }
  if (options.json) writeFileSync(options.json, `${JSON.stringify({ data, split, margin, sets, jobs, ...results })}\n`);
}

/** Null, with a line that says so, when the data is not here. @throws WindhoverError `bench_data` */
function chosenClips({ data, split, clips, margin }: Options): readonly Clip[] | null {
  if (existsSync(data)) return readClips(data, { split, clips, margin });
  console.log(`detector: not measured, there is no ${data} (give a folder with --data DIR)`);
  return null;
}

async function benchClips(
  clips: readonly Clip[],
  models: readonly ModelFacts[],
  options: Options,
  scratch: string,
  runs: ModelReport[],
): Promise<void> {
  const { margin, jobs, sets, detections } = options;
  const spliced = splicedClips(options.data, clips).length;
  if (spliced > 0) console.log(`${spliced} of ${clips.length} clips are spliced: the tracker is not told where`);
  if (detections) writeFileSync(detections, '');
  for (const shrink of options.shrinks) {
    const smaller = await shrunk(clips, shrink, margin, scratch);
    // The rival says what a size takes to be found at all; its figures on smaller objects are not used.
    const asked = shrink === 1 ? models : models.slice(0, options.models.length);
    const reports = await eachModel(asked, (model) => {
      const record = detections ? detectionLines(detections, { model: model.name, shrink }) : undefined;
      return runModel(smaller, { model, shrink, margin, jobs, sets, record });
    });
    printModels(reports, { jobs }, console.log);
    runs.push(...reports);
    for (const { video } of shrink === 1 ? [] : smaller) rmSync(video);
  }
  if (options.shrinks.length > 1) printShrinkLoss(runs, console.log);
}

async function shrunk(
  clips: readonly Clip[],
  factor: number,
  margin: Margin,
  folder: string,
): Promise<readonly Clip[]> {
  if (factor === 1) return clips;
  // Native code, loaded when it is needed.
  const { shrinkClip } = await import('./detector/shrink.ts');
  const smaller: Clip[] = [];
  for (const clip of clips) {
    smaller.push(await shrinkClip(clip, factor, margin, folder));
    process.stderr.write(`making clips smaller to 1/${factor}: ${smaller.length}/${clips.length}\n`);
  }
  return smaller;
}

/** One after the other, so that their times can be compared. */
async function eachModel<T>(models: readonly ModelFacts[], run: (model: ModelFacts) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (const model of models) results.push(await run(model));
  return results;
}

function rival({ against, models }: Options): ModelFacts[] {
  if (against === 'none') return [];
  const file = against ?? RIVAL;
  if (against === undefined && !existsSync(file)) {
    console.log(`no rival: there is no ${file} (give one with --against)`);
    return [];
  }
  const facts = modelFacts(file);
  return models.some((model) => modelFacts(model).file === facts.file) ? [] : [facts];
}

function readOptions(args: readonly string[]) {
  const { values } = parse(args);
  const pair = values.margin?.split(',').map((text) => numberOption('margin', text, { min: 0, max: 100 })) ?? [];
  const [x = LABEL_MARGIN.x, y = LABEL_MARGIN.y] = pair;
  const other = values.empty !== undefined || values.fixtures === true;
  return {
    data: resolve(values.data ?? DRONES),
    // Alone, --empty and --fixtures are about nothing else.
    onClips: !other || values.data !== undefined,
    split: values.split ?? 'val',
    models: (values.model ?? 'default').split(','),
    against: rivalPath(values.against),
    shrinks: (values.shrink ?? '1').split(',').map((text) => numberOption('shrink', text, { min: 1, max: 16 })),
    looks: chosenLooks(values.looks),
    clips: values.clips,
    jobs: numberOption('jobs', values.jobs ?? '1', { min: 1, max: 64 }),
    margin: { x, y },
    sets: values.set ?? [],
    emptyMinutes: values.empty === undefined ? null : numberOption('empty', values.empty, { min: 0.05, max: 600 }),
    fixtures: values.fixtures === true,
    json: values.json,
    detections: values.detections,
    card: values.card,
  };
}

/** The rival may be named without its folder. */
function rivalPath(against: string | undefined): string | undefined {
  return against !== undefined && against === basename(RIVAL) && !existsSync(against) ? RIVAL : against;
}

/** @throws WindhoverError `usage` */
function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  // The minutes may be left out.
  const filled = args.flatMap((arg, index) =>
    arg === '--empty' && !/^[\d.]+$/.test(args[index + 1] ?? '') ? [arg, EMPTY_MINUTES] : [arg],
  );
  try {
    return parseArgs({
      args: filled,
      options: {
        ...{ data: text, split: text, model: text, against: text, shrink: text, clips: text, jobs: text, margin: text },
        ...{ looks: text, json: text, detections: text, card: text, empty: text, fixtures: { type: 'boolean' } },
        set: { type: 'string', multiple: true },
      },
    });
  } catch (error) {
    throw new WindhoverError('usage', errorMessage(error), {
      hint: 'the head of bench/detector.ts lists the options',
    });
  }
}

if (import.meta.main) {
  await benchDetector(Bun.argv.slice(2));
  // Native libraries would keep the process alive, or crash in their own clean-up.
  process.exit(0);
}
