/** How a decoded picture is to be shown: turned, mirrored, and with the shape of its pixels. Pure but for reading a frame. */
import { AV_FRAME_DATA_DISPLAYMATRIX } from 'node-av/constants';
import type { Frame } from 'node-av/lib';
import type { Size } from '../../runtime/node.ts';

/** From the picture as shown to the picture as stored: columns and rows change places, then each may run backwards. */
export interface Orientation {
  readonly isTurned: boolean;
  /** Stored columns run against the axis of the shown picture that they lie along. */
  readonly flipsColumns: boolean;
  readonly flipsRows: boolean;
}

export const UPRIGHT: Orientation = { isTurned: false, flipsColumns: false, flipsRows: false };

/** By the display matrix that containers and cameras send; only quarter turns and mirrors. */
export function orientationOf(frame: Frame): Orientation {
  const matrix = frame.getSideData(AV_FRAME_DATA_DISPLAYMATRIX);
  if (matrix === null || matrix.length < 20) return UPRIGHT;
  // Shown x = a · x + c · y, shown y = b · x + d · y.
  const [a = 0, b = 0, c = 0, d = 0] = [0, 4, 12, 16].map((at) => matrix.readInt32LE(at));
  if (Math.abs(a) >= Math.abs(b)) return { isTurned: false, flipsColumns: a < 0, flipsRows: d < 0 };
  return { isTurned: true, flipsColumns: b < 0, flipsRows: c < 0 };
}

export function isSameOrientation(a: Orientation, b: Orientation): boolean {
  return a.isTurned === b.isTurned && a.flipsColumns === b.flipsColumns && a.flipsRows === b.flipsRows;
}

/** Size of the picture as a browser shows it: pixels that are not square widen it or make it taller. */
export function shownSize(frame: Frame, { isTurned }: Orientation): Size {
  const { num, den } = frame.sampleAspectRatio;
  const aspect = num > 0 && den > 0 ? num / den : 1;
  const w = aspect > 1 ? Math.round(frame.width * aspect) : frame.width;
  const h = aspect < 1 ? Math.round(frame.height / aspect) : frame.height;
  return isTurned ? { w: h, h: w } : { w, h };
}
