/** Writes what came out, a line a frame, for tuning thresholds and tracker options without running the model again. */
import { appendFileSync } from 'node:fs';
import type { Clip } from './data-set.ts';
import type { FrameRecord } from './run-clip.ts';

/**
 * Appends a clip's frames to a file of JSON lines: `{model, shrink, clip, class, size, fps, frame, …, detections, tracks,
 * labels}`, boxes in pixels of the frame. Optional fields of detections (class probabilities) are kept as they are.
 */
export function detectionLines(file: string, about: { readonly model: string; readonly shrink: number }) {
  return (clip: Clip, records: readonly FrameRecord[]): void => {
    const { name, class: ofClass, size, fps } = clip;
    const lines = records.map((record) => {
      const labels = (clip.labels[record.frame] ?? []).map((label) => ({ class: label.class, box: label.box }));
      return JSON.stringify({ ...about, clip: name, class: ofClass, size, fps, ...record, labels });
    });
    appendFileSync(file, `${lines.join('\n')}\n`);
  };
}
