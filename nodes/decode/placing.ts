/** Puts a scaled picture into a slot: turned upright, inside its padding. Pure. */
import type { Box } from '../../runtime/node.ts';
import type { Orientation } from './orientation.ts';

export type Samples = Uint8Array | Float32Array;

/** A plane as stored: rows of pixels, each of some samples. */
export interface Plane {
  readonly samples: Samples;
  /** Samples from one row to the next. */
  readonly stride: number;
  readonly samplesPerPixel: number;
}

export interface Placing {
  /** In pixels of the slot. */
  readonly content: Box;
  readonly slotWidth: number;
  readonly orientation: Orientation;
  /** Samples are multiplied by it. */
  readonly scale: number;
}

export function place(from: Plane, to: Samples, placing: Placing): void {
  const { isTurned, flipsColumns } = placing.orientation;
  if (isTurned || flipsColumns || placing.scale !== 1) placePixels(from, to, placing);
  else placeRows(from, to, placing);
}

function placeRows({ samples, stride, samplesPerPixel }: Plane, to: Samples, placing: Placing): void {
  const { content, slotWidth, orientation } = placing;
  // Whole rows that follow each other in both are one piece.
  if (content.w === slotWidth && stride === slotWidth * samplesPerPixel && !orientation.flipsRows) {
    to.set(samples.subarray(0, content.h * stride), content.y * stride);
    return;
  }
  for (let y = 0; y < content.h; y++) {
    const row = (orientation.flipsRows ? content.h - 1 - y : y) * stride;
    const at = ((content.y + y) * slotWidth + content.x) * samplesPerPixel;
    to.set(samples.subarray(row, row + content.w * samplesPerPixel), at);
  }
}

function placePixels({ samples, stride, samplesPerPixel }: Plane, to: Samples, placing: Placing): void {
  const { content, slotWidth, orientation, scale } = placing;
  const { isTurned, flipsColumns, flipsRows } = orientation;
  const [columnStep, rowStep] = [flipsColumns ? -samplesPerPixel : samplesPerPixel, flipsRows ? -stride : stride];
  const [columns, rows] = isTurned ? [content.h, content.w] : [content.w, content.h];
  const first = (flipsColumns ? (columns - 1) * samplesPerPixel : 0) + (flipsRows ? (rows - 1) * stride : 0);
  // What one step to the right, and one down, in the slot is in the stored picture.
  const [right, down] = isTurned ? [rowStep, columnStep] : [columnStep, rowStep];
  for (let i = 0; i < samplesPerPixel; i++) {
    for (let y = 0; y < content.h; y++) {
      let read = first + y * down + i;
      let write = ((content.y + y) * slotWidth + content.x) * samplesPerPixel + i;
      for (let x = 0; x < content.w; x++, read += right, write += samplesPerPixel)
        to[write] = (samples[read] ?? 0) * scale;
    }
  }
}
