/** Inputs and outputs of the controller. Times are on one monotonic clock, in milliseconds. */

export { NO_VELOCITY, type Velocity } from '../../../ptz/index.ts';

/** Degrees a second. */
export interface AngularVelocity {
  readonly panDegPerS: number;
  readonly tiltDegPerS: number;
}

/** The target as it was seen in one picture. */
export interface TargetBox {
  /**
   * When the picture was taken, as well as is known. A constant error (a camera that does not say when it exposed) is
   * harmless as long as the plant was calibrated with the same times: it becomes part of the learned delay.
   */
  readonly atMs: number;
  /** Box as shares of the picture, top-left origin. */
  readonly bbox: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

/** By how much the picture as a whole has moved from one frame to the next: shares of its width, + right and down. */
export interface MovedPicture {
  readonly fromMs: number;
  readonly atMs: number;
  readonly right: number;
  readonly down: number;
  /** How much lengths have grown. */
  readonly scale?: number;
}

/** The reported pose of the camera; every value is optional, since cameras leave out any of them. */
export interface ReportedPose {
  /** When it pointed there, as well as is known. */
  readonly atMs: number;
  readonly panDeg?: number;
  readonly tiltDeg?: number;
  /** Magnification, 1 = widest. */
  readonly zoomX?: number;
}

/** How one motor answers: after `delayMs`, the speed runs towards `gainPerS` times the command. */
export interface AxisPlant {
  /** Degrees per second (zoom: magnification per second) at command 1; below 0 for an axis that turns the other way. */
  readonly gainPerS: number;
  /** Seconds from rest to full speed: the full speed over the acceleration. */
  readonly rampS: number;
  /** From sending a command to the first picture (by its `atMs`) that shows its effect. */
  readonly delayMs: number;
  /**
   * How far the picture turns for a degree of reported position: below 0 where the picture is mirrored or upside down.
   * Absent: the picture has not been compared.
   */
  readonly positionScale?: number;
}

/** What has been learned about a camera. Plain data: it can be kept and used again. */
export interface Plant {
  readonly pan: AxisPlant;
  readonly tilt: AxisPlant;
  readonly zoom: AxisPlant;
  /** Not learned: the truth may be several times as fast or slow, and later or sooner by some tenths of a second. */
  readonly isGuess?: boolean;
}

export const AXES = ['pan', 'tilt', 'zoom'] as const;
export type Axis = (typeof AXES)[number];

/** An average camera: assumed before anything has been measured. */
export const UNKNOWN_PLANT: Plant = {
  isGuess: true,
  pan: { gainPerS: 60, rampS: 0.3, delayMs: 500 },
  tilt: { gainPerS: 40, rampS: 0.3, delayMs: 500 },
  zoom: { gainPerS: 1.5, rampS: 0, delayMs: 500 },
};
