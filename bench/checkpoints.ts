/**
 * Which of several checkpoints of a model is the best on scenes that had no say in choosing it.
 *
 *     bun run bench detector --model a.onnx --against none --detections a.jsonl
 *     bun run bench detector --model b.onnx --against none --detections b.jsonl
 *     bun run bench checkpoints a.jsonl b.jsonl [--data DIR] [--shift=-0.2,0,0.2]
 *
 * Each scene of the data (`scenes.json`) is left out in turn: what is best on the others is scored on it. `--shift`
 * also tries the confidences of every checkpoint moved by so much (logits). Boxes are assumed to be tight, as the
 * recipe's are.
 */
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { errorMessage, WindhoverError } from '../runtime/errors.ts';
import { LABEL_MARGIN } from './detector/boxes.ts';
import { readClips, readScenes } from './detector/data-set.ts';
import { readDump } from './detector/dump.ts';
import { DRONES } from './detector/folders.ts';
import { type Candidate, type Fold, type Quality, qualityOf, sceneFolds, track } from './detector/folds.ts';

/** Measures and prints. @throws WindhoverError `usage`, `bench_data` */
export async function benchCheckpoints(args: string[]): Promise<void> {
  const { dumps, data, shifts } = readOptions(args);
  const clips = new Map(
    readClips(data, { split: 'all', clips: undefined, margin: LABEL_MARGIN }).map((c) => [c.name, c]),
  );
  const candidates = new Map<string, Candidate>();
  for (const file of dumps) {
    for await (const { model, clip: name, frames } of readDump(file)) {
      const clip = clips.get(name);
      if (!clip) throw new WindhoverError('bench_data', `${file}: ${data} has no clip ${name}`);
      for (const shift of shifts) {
        const key = `${basename(file)} ${model} ${signed(shift)}`;
        const candidate = candidates.get(key) ?? { name: key, runs: new Map() };
        candidates.set(key, candidate);
        candidate.runs.set(name, { clip, records: track(clip, frames, shift) });
      }
    }
  }
  const all = [...candidates.values()];
  print(all, sceneFolds(all, readScenes(data)));
}

function print(candidates: readonly Candidate[], { folds, heldOut }: ReturnType<typeof sceneFolds>): void {
  console.log(
    `F1 of what track publishes (any at IoU 0.5, 0.3; mean class at 0.5, 0.3), false drone tracks a minute\n`,
  );
  for (const { name, runs } of candidates) console.log(`${line(qualityOf([...runs.values()]))}  ${name}`);
  console.log('\neach scene with what is best on all the others');
  for (const fold of folds) console.log(foldLine(fold));
  console.log(`${line(heldOut)}  all scenes, each by what was chosen without it`);
  const times = Map.groupBy(folds, ({ chosen }) => chosen.name);
  console.log(`chosen: ${[...times].map(([name, own]) => `${name} ${own.length} times`).join(', ')}`);
}

function foldLine({ scene, clips, chosen, quality }: Fold): string {
  return `${line(quality)}  ${scene} (${clips} clips): ${chosen.name}`;
}

function line({ any50, any30, mean50, mean30, falseDronesPerMinute }: Quality): string {
  return [any50, any30, mean50, mean30, falseDronesPerMinute]
    .map((figure) => (Number.isFinite(figure) ? figure.toFixed(3) : '–').padStart(6))
    .join(' ');
}

function signed(shift: number): string {
  return `${shift < 0 ? '' : '+'}${shift}`;
}

function readOptions(args: readonly string[]) {
  const hint = 'the head of bench/checkpoints.ts says how';
  try {
    const text = { type: 'string' } as const;
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { data: text, shift: text },
    });
    if (positionals.length === 0) throw new RangeError('no file of `bench detector --detections` is given');
    const shifts = (values.shift ?? '0').split(',').map(Number);
    if (!shifts.every(Number.isFinite))
      throw new RangeError(`--shift is ${values.shift}, not numbers with commas between`);
    return { dumps: positionals, data: values.data ?? DRONES, shifts };
  } catch (error) {
    throw new WindhoverError('usage', errorMessage(error), { hint });
  }
}

if (import.meta.main) {
  await benchCheckpoints(Bun.argv.slice(2));
}
