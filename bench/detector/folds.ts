/** Choosing between checkpoints with a scene left out in turn, so that none is judged by what it was chosen for. */
import { Value } from '@sinclair/typebox/value';
import { DetectOptions } from '../../nodes/detect/options.ts';
import { ByteTrack } from '../../nodes/track/byte-track.ts';
import { trackOptions } from '../../nodes/track/options.ts';
import { WindhoverError } from '../../runtime/errors.ts';
import { LABEL_MARGIN } from './boxes.ts';
import { ClipScorer } from './clip-score.ts';
import type { Clip } from './data-set.ts';
import { type ModelFacts, numberDefault } from './model-facts.ts';
import type { FrameRecord } from './run-clip.ts';
import { FrameScorer } from './score.ts';

/** Above it a candidate is worse than any that is below. */
const MOST_FALSE_DRONES_PER_MINUTE = 1;

/** A clip and what came out for it; detections are left out, only what is published counts. */
export interface Run {
  readonly clip: Clip;
  readonly records: readonly FrameRecord[];
}

export interface Candidate {
  readonly name: string;
  /** By name of the clip. */
  readonly runs: Map<string, Run>;
}

/** F1 of published boxes with labels as they are. */
export interface Quality {
  readonly any50: number;
  readonly any30: number;
  readonly mean50: number;
  readonly mean30: number;
  readonly falseDronesPerMinute: number;
}

export interface Fold {
  readonly scene: string;
  readonly clips: number;
  /** The best on the other scenes. */
  readonly chosen: Candidate;
  /** Its own, on this scene alone. */
  readonly quality: Quality;
}

const MODEL: ModelFacts = {
  ...{ name: 'checkpoint', file: '', tight: true, coco: false },
  confidence: numberDefault(DetectOptions.properties.confidence),
  sure: numberDefault(trackOptions.properties.high_confidence),
};

/** Runs the track node's tracker over the detections of a clip. @param shift added to the logit of every confidence */
export function track(clip: Clip, frames: readonly FrameRecord[], shift = 0): FrameRecord[] {
  const tracker = new ByteTrack(Value.Create(trackOptions));
  return frames.map((frame) => {
    const detections = frame.detections
      .map((detection) => ({ ...detection, confidence: shifted(detection.confidence, shift) }))
      .filter(({ confidence }) => confidence >= MODEL.confidence);
    const facts = { widthPx: clip.size.w, ...(frame.classes ? { classes: frame.classes } : {}) };
    return { ...frame, detections: [], tracks: tracker.step(frame.mediaTimeS, detections, facts).tracks };
  });
}

/**
 * @param scenes names of clips by scene; scenes of which there are no runs are left out
 * @throws WindhoverError `bench_data` with fewer than two scenes, or when candidates ran on different clips
 * @returns a fold a scene, and the quality over all scenes, each by what was chosen without it
 */
export function sceneFolds(candidates: readonly Candidate[], scenes: ReadonlyMap<string, readonly string[]>) {
  const ran = new Set(candidates.flatMap(({ runs }) => [...runs.keys()]));
  const known = [...scenes].filter(([, names]) => names.some((name) => ran.has(name)));
  if (known.length < 2) {
    throw new WindhoverError('bench_data', 'nothing can be left out', {
      expected: 'clips of two scenes or more',
      got: String(known.length),
    });
  }
  for (const { name, runs } of candidates) {
    if (runs.size === ran.size) continue;
    throw new WindhoverError('bench_data', `${name} cannot be compared with the others`, {
      expected: `the same ${ran.size} clips for all`,
      got: `${runs.size} clips`,
    });
  }
  const folds: Fold[] = [];
  const held: Run[] = [];
  for (const [scene, names] of known) {
    const isIn = (run: Run) => names.includes(run.clip.name);
    const [chosen] = candidates
      .map((candidate) => ({ candidate, value: rank(qualityOf([...candidate.runs.values()].filter((r) => !isIn(r)))) }))
      .toSorted((a, b) => b.value - a.value);
    if (!chosen) continue;
    const own = [...chosen.candidate.runs.values()].filter(isIn);
    folds.push({ scene, clips: own.length, chosen: chosen.candidate, quality: qualityOf(own) });
    held.push(...own);
  }
  return { folds, heldOut: qualityOf(held) };
}

export function qualityOf(runs: readonly Run[]): Quality {
  const frames = new FrameScorer(MODEL, LABEL_MARGIN);
  const whole = new ClipScorer(MODEL, LABEL_MARGIN);
  for (const { clip, records } of runs) {
    frames.add(clip, records);
    whole.add(clip, records);
  }
  const { groups, meanF1 } = frames.report().labelled;
  return {
    any50: groups.any.published.at50.f1,
    any30: groups.any.published.at30.f1,
    mean50: meanF1.published.at50,
    mean30: meanF1.published.at30,
    falseDronesPerMinute: whole.falseTracks('drone').perMinute,
  };
}

function rank({ any50, any30, mean50, mean30, falseDronesPerMinute }: Quality): number {
  const tooMany = falseDronesPerMinute > MOST_FALSE_DRONES_PER_MINUTE ? 1 : 0;
  return (any50 + any30 + mean50 + mean30) / 4 - tooMany;
}

function shifted(confidence: number, shift: number): number {
  if (shift === 0 || confidence <= 0 || confidence >= 1) return confidence;
  return 1 / (1 + ((1 - confidence) / confidence) * Math.exp(-shift));
}
