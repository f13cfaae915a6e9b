/** Runs a model over clips and scores it; says on stderr how far it is. */
import type { Margin } from './boxes.ts';
import { ClipScorer } from './clip-score.ts';
import { CLASSES, type ClassName, type Clip } from './data-set.ts';
import type { ModelFacts } from './model-facts.ts';
import { type ModelReport, times } from './report.ts';
import { type FrameRecord, runClip } from './run-clip.ts';
import { FrameScorer } from './score.ts';

export interface BenchRun {
  readonly model: ModelFacts;
  readonly shrink: number;
  readonly margin: Margin;
  /** Clips that run at a time. */
  readonly jobs: number;
  readonly sets: readonly string[];
  /** Takes each clip when it is done, for `--detections`. */
  readonly record?: ((clip: Clip, records: readonly FrameRecord[]) => void) | undefined;
}

/** @param clips already made smaller when `shrink` is not 1 */
export async function runModel(clips: readonly Clip[], run: BenchRun): Promise<ModelReport> {
  const { model, shrink, margin } = run;
  const frameScorer = new FrameScorer(model, margin);
  const clipScorer = new ClipScorer(model, margin);
  const inferenceMs: number[] = [];
  const mismatches: string[] = [];
  let seconds = 0;
  await eachClip(clips, run, (clip, records) => {
    frameScorer.add(clip, records);
    clipScorer.add(clip, records);
    run.record?.(clip, records);
    for (const record of records) inferenceMs.push(record.inferenceMs);
    if (records.length !== clip.frames) mismatches.push(`${clip.name}: ${records.length} of ${clip.frames}`);
    seconds += records.length / clip.fps;
  });
  return {
    model: model.name,
    file: model.file,
    shrink,
    confidence: model.confidence,
    sure: model.sure,
    bestCase: !model.tight,
    clips: clips.length,
    frames: inferenceMs.length,
    minutes: seconds / 60,
    frameMismatches: mismatches,
    ...frameScorer.report(),
    falsePositives: byClass((name) => clipScorer.falsePositives(name)),
    followed: byClass((name) => clipScorer.followed(name)),
    falseDroneTracks: clipScorer.falseTracks('drone'),
    inferenceMs: times(inferenceMs),
  };
}

/** Runs clips, `jobs` at a time; each is handed over when it is done. */
export async function eachClip(
  clips: readonly Clip[],
  { model, shrink, jobs, sets }: Pick<BenchRun, 'model' | 'shrink' | 'jobs' | 'sets'>,
  take: (clip: Clip, records: readonly FrameRecord[]) => void,
): Promise<void> {
  const waiting = [...clips];
  let done = 0;
  const work = async () => {
    for (let clip = waiting.shift(); clip; clip = waiting.shift()) {
      const records = await runClip(clip.video, { model, sets });
      take(clip, records);
      done += 1;
      const { mean } = times(records.map((record) => record.inferenceMs));
      const size = shrink === 1 ? '' : ` 1/${shrink}`;
      const rate = `${records.length} frames, ${mean.toFixed(1)} ms`;
      process.stderr.write(`${model.name}${size}  ${done}/${clips.length}  ${clip.name}  ${rate}\n`);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, work));
}

function byClass<T>(make: (name: ClassName) => T): Record<ClassName, T> {
  return Object.fromEntries(CLASSES.map((name) => [name, make(name)])) as Record<ClassName, T>;
}
