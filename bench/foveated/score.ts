/** What came of clips, in numbers: how many objects are found, how soon, and at what cost. Pure. */
import type { Box } from '../../runtime/data.ts';
import { iou } from '../detector/ap.ts';
import { clip as clipped, grow, type Margin } from '../detector/boxes.ts';
import type { Clip } from '../detector/data-set.ts';
import type { FrameRecord } from '../detector/run-clip.ts';

/** A published box is on an object from this overlap on. */
const ON_OBJECT_IOU = 0.3;

export interface Score {
  readonly clips: number;
  readonly labels: number;
  /** Labels with a published track on them. */
  readonly hits: number;
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
  const onLabel = (box: Box, frame: number) =>
    (clip.labels[frame] ?? []).some(
      (label) => iou(grow(box, pad, clip.size), clipped(label.box, clip.size)) >= ON_OBJECT_IOU,
    );
  let [labels, hits, detected] = [0, 0, 0];
  let foundS: number | undefined;
  const [all, real] = [new Set<number>(), new Set<number>()];
  for (const { frame, tracks, detections } of records) {
    for (const { box } of clip.labels[frame] ?? []) {
      const isOn = ({ bboxPx }: { readonly bboxPx: Box }) =>
        iou(grow(bboxPx, pad, clip.size), clipped(box, clip.size)) >= ON_OBJECT_IOU;
      labels += 1;
      if (detections.some((one) => one.confidence >= sure && isOn(one))) detected += 1;
      if (!tracks.some(isOn)) continue;
      hits += 1;
      foundS ??= frame / clip.fps;
    }
    for (const { id, bboxPx } of tracks) {
      all.add(id);
      if (onLabel(bboxPx, frame)) real.add(id);
    }
  }
  const [first, last] = [records[0], records.at(-1)];
  return {
    clips: 1,
    labels,
    hits,
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
