/** What a tracker is told about a frame. */
import type { DetectionClasses, ViewSeen } from '../../runtime/node.ts';
import type { PictureMotion } from './ego-motion.ts';

/** What is known about a frame besides its detections. */
export interface FrameFacts {
  /** Width of the frame in pixels; without it no box is grown, and no fast flight is looked for. */
  readonly widthPx?: number;
  readonly heightPx?: number;
  /** How the camera's own motion since the frame before has moved the picture; absent or null: not at all. */
  readonly motion?: PictureMotion | null;
  /**
   * Set when detections carry class probabilities: labels then follow from these and part no detection from a track.
   */
  readonly classes?: DetectionClasses;
  /** The parts that were looked at: a track elsewhere goes on as it was moving. Absent: the whole picture. */
  readonly views?: readonly ViewSeen[];
}
