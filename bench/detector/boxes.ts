/**
 * Loose labels and tight boxes: the labels of the drone data sets are the visible extent plus a constant pad, the
 * runtime publishes the visible extent. Both are brought to the other's form here, also for clips made smaller.
 */
import type { Box, Size } from '../../runtime/data.ts';

/** Pad on each side: `x` left and right, `y` above and below. */
export interface Margin {
  readonly x: number;
  readonly y: number;
}

/** Measured on the labels, in pixels of a frame {@link MARGIN_WIDTH} wide. */
export const LABEL_MARGIN: Margin = { x: 9.6, y: 8.5 };
/** Frame width that margins are stated for; they scale with the width (thermal clips are half as wide). */
export const MARGIN_WIDTH = 640;
/** What is left at least when the pad is taken off: labels that are tighter than the pad still mark something. */
const LEAST_SHARE = 0.3;
const LEAST_PX = 1.5;

export function marginIn(frame: Size, margin: Margin): Margin {
  const scale = frame.w / MARGIN_WIDTH;
  return { x: margin.x * scale, y: margin.y * scale };
}

/** The box with the pad put on, as far as it lies in the frame. */
export function grow(box: Box, margin: Margin, frame: Size): Box {
  return clip({ x: box.x - margin.x, y: box.y - margin.y, w: box.w + 2 * margin.x, h: box.h + 2 * margin.y }, frame);
}

/** The box with the pad taken off, about the same centre. */
export function tighten(box: Box, margin: Margin): Box {
  return about(box, tightSide(box.w, margin.x), tightSide(box.h, margin.y));
}

/** The part of a box in the frame: what clients get. Sides are never negative. */
export function clip(box: Box, frame: Size): Box {
  const x = Math.min(frame.w, Math.max(0, box.x));
  const y = Math.min(frame.h, Math.max(0, box.y));
  return {
    x,
    y,
    w: Math.max(0, Math.min(frame.w, box.x + box.w) - x),
    h: Math.max(0, Math.min(frame.h, box.y + box.h) - y),
  };
}

/** Where the whole picture lies in a frame of the same size once it was made smaller. All even, for the colour planes. */
export function shrunkPicture({ w, h }: Size, factor: number): Box {
  const even = (value: number) => 2 * Math.round(value / 2);
  const size = { w: even(w / factor), h: even(h / factor) };
  return { x: even((w - size.w) / 2), y: even((h - size.h) / 2), ...size };
}

export interface LabelBoxes {
  /** As labelled, with the pad. */
  readonly box: Box;
  /** The visible extent. */
  readonly tight: Box;
}

/** A label in the shrunk picture: the visible extent gets smaller, the pad does not. */
export function shrinkLabel({ tight }: LabelBoxes, frame: Size, picture: Box, margin: Margin): LabelBoxes {
  const sx = picture.w / frame.w;
  const sy = picture.h / frame.h;
  const small = { x: picture.x + tight.x * sx, y: picture.y + tight.y * sy, w: tight.w * sx, h: tight.h * sy };
  return { box: about(small, small.w + 2 * margin.x, small.h + 2 * margin.y), tight: small };
}

function tightSide(side: number, margin: number): number {
  return Math.max(side - 2 * margin, LEAST_SHARE * side, LEAST_PX);
}

function about(box: Box, w: number, h: number): Box {
  return { x: box.x + (box.w - w) / 2, y: box.y + (box.h - h) / 2, w, h };
}
