/** Detections by what they may do: start tracks, only keep them alive, or nothing since they are no boxes. */
import type { Detection } from '../../runtime/node.ts';
import type { TrackOptions } from './options.ts';

/** Boxes beyond this are dropped; their squares would overflow the filter. */
const LARGEST_PX = 1e6;
const SMALLEST_SIDE_PX = 1e-3;

export function byConfidence(
  detections: readonly Detection[],
  { high_confidence, low_confidence }: TrackOptions,
): { readonly high: Detection[]; readonly low: Detection[]; readonly invalid: number } {
  const high: Detection[] = [];
  const low: Detection[] = [];
  let invalid = 0;
  for (const detection of detections) {
    if (!isBox(detection)) invalid++;
    else if (detection.confidence >= high_confidence) high.push(detection);
    else if (detection.confidence >= low_confidence) low.push(detection);
  }
  return { high, low, invalid };
}

/** True for a finite box with an area and a confidence in [0, 1]. */
function isBox({ bboxPx: { x, y, w, h }, confidence }: Detection): boolean {
  // Written so that NaN fails every comparison.
  const placed = Math.abs(x) <= LARGEST_PX && Math.abs(y) <= LARGEST_PX;
  const sized = w >= SMALLEST_SIDE_PX && h >= SMALLEST_SIDE_PX && w <= LARGEST_PX && h <= LARGEST_PX;
  return placed && sized && confidence >= 0 && confidence <= 1;
}
