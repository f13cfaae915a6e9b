/** What came of clips, in numbers: how many objects are found, how soon, and at what cost. Pure. */
import type { Box } from '../../runtime/data.ts';
import { iou } from '../detector/ap.ts';
import { clip as clipped, grow, type Margin } from '../detector/boxes.ts';
import type { Clip, Label } from '../detector/data-set.ts';
import type { FrameRecord } from '../detector/run-clip.ts';

/** A published box is on an object from this overlap on. */
const ON_OBJECT_IOU = 0.3;

export interface Score {
  readonly clips: number;
  readonly labels: number;
  /** Labels with a published track on them. */
  readonly hits: number;
  /** The same of tight boxes on the visible extent: of objects of a few pixels labels are not exact enough for it. */
  readonly tightHits: number;
  /** Labels with a detection on them that may start a track. */
  readonly detected: number;
  /** Clips in which the object was followed at any time, and after how many seconds, summed. */
  readonly foundClips: number;
  readonly foundAfterS: number;
  /** Tracks that were on no label at any time. */
  readonly falseTracks: number;
  readonly frames: number;
  readonly seconds: number;
  readonly runs: number;
  readonly modelMs: number;
  /** Of the whole process, decoding too. */
  readonly cpuMs: number;
}

/** @param pad of the labels in pixels of the clip's picture @param sure least confidence of what may start a track */
export function scoreClip(clip: Clip, records: readonly FrameRecord[], pad: Margin, sure: number): Score {
  const isOn = ({ bboxPx }: { readonly bboxPx: Box }, { box }: Label) =>
    iou(grow(bboxPx, pad, clip.size), clipped(box, clip.size)) >= ON_OBJECT_IOU;
  let [labels, hits, tightHits, detected] = [0, 0, 0, 0];
  let foundS: number | undefined;
  const [all, real] = [new Set<number>(), new Set<number>()];
  for (const { frame, tracks, detections } of records) {
    const labelled = clip.labels[frame] ?? [];
    labels += labelled.length;
    for (const label of labelled) {
      if (detections.some((one) => one.confidence >= sure && isOn(one, label))) detected += 1;
      if (tracks.some(({ bboxPx }) => iou(bboxPx, label.tight) >= ON_OBJECT_IOU)) tightHits += 1;
      if (!tracks.some((track) => isOn(track, label))) continue;
      hits += 1;
      foundS ??= frame / clip.fps;
    }
    for (const track of tracks) {
      all.add(track.id);
      if (labelled.some((label) => isOn(track, label))) real.add(track.id);
    }
  }
  const [first, last] = [records[0], records.at(-1)];
  return {
    clips: 1,
    labels,
    hits,
    tightHits,
    detected,
    foundClips: foundS === undefined ? 0 : 1,
    foundAfterS: foundS ?? 0,
    falseTracks: all.size - real.size,
    frames: records.length,
    seconds: records.length / clip.fps,
    runs: records.reduce((sum, { views = 1 }) => sum + views, 0),
    modelMs: records.reduce((sum, { inferenceMs }) => sum + inferenceMs, 0),
    // The first frame pays for loading.
    cpuMs: (((last?.cpuMs ?? 0) - (first?.cpuMs ?? 0)) * records.length) / Math.max(1, records.length - 1),
  };
}

export function sumOf(scores: readonly Score[]): Score {
  const sum = (key: keyof Score) => scores.reduce((total, score) => total + score[key], 0);
  const keys = Object.keys(scores[0] ?? {}) as (keyof Score)[];
  return Object.fromEntries(keys.map((key) => [key, sum(key)])) as unknown as Score;
}
