/** Turns the candidates that were selected into detections of the source frame. */
import { type Box, type Detection, type FrameView, type Size, toSourcePx } from '../../runtime/node.ts';
import type { Candidates } from './candidates.ts';
import type { OutputTensor } from './families/family.ts';
import { floats } from './families/values.ts';
import type { BoxMargin } from './metadata.ts';
import { tighten } from './tighten.ts';

export interface DetectionStyle {
  /** Class names by number; `''` for a class that is not put out. */
  readonly names: readonly string[];
  /** Detections carry the probabilities of all classes. */
  readonly withProbabilities: boolean;
  /** Taken off each box; null: nothing. */
  readonly margin: BoxMargin | null;
}

/**
 * Maps the selected candidates to the source and clips them to its frame; empty ones are left out.
 * @param outputs of the run that the candidates were read from
 */
export function toDetections(
  frame: FrameView,
  boxes: Candidates,
  selected: Int32Array,
  outputs: readonly OutputTensor[],
  { names, withProbabilities, margin }: DetectionStyle,
): readonly Detection[] {
  const detections: Detection[] = [];
  const { contentPx } = frame.mapping;
  for (const i of selected) {
    const x = boxes.x1[i] ?? 0;
    const y = boxes.y1[i] ?? 0;
    const given = { x, y, w: (boxes.x2[i] ?? 0) - x, h: (boxes.y2[i] ?? 0) - y };
    const inSlot = margin === null ? given : tighten(given, margin, contentPx);
    const bboxPx = clip(toSourcePx(frame.mapping, inSlot), frame.meta.size);
    const label = names[boxes.classId[i] ?? -1] ?? '';
    if (bboxPx === null || label === '') continue;
    // Quantized models give 1.0005.
    const detection = { bboxPx, confidence: Math.min(1, boxes.score[i] ?? 0), label };
    if (!withProbabilities) detections.push(detection);
    else {
      const classProbabilities = probabilities(floats(outputs[0]), boxes.classesAt[i] ?? -1, names.length);
      detections.push({ ...detection, classProbabilities });
    }
  }
  return detections;
}

/** The numbers of a row's classes, kept within [0, 1] as quantized models do not quite; NaN becomes 0. */
function probabilities(data: Float32Array, at: number, count: number): number[] {
  return Array.from({ length: count }, (_, id) => {
    const value = data[at + id] ?? 0;
    return value > 0 ? Math.min(1, value) : 0;
  });
}

/** The part of a box inside the frame; null when there is none. */
function clip(box: Box, frame: Size): Box | null {
  const x = Math.max(0, box.x);
  const y = Math.max(0, box.y);
  const w = Math.min(frame.w, box.x + box.w) - x;
  const h = Math.min(frame.h, box.y + box.h) - y;
  return w > 0 && h > 0 ? { x, y, w, h } : null;
}
