/** Tiles of one size that cover a picture. Pure. */
import type { Box, Size } from '../../runtime/node.ts';
import type { Spot } from './spots.ts';

/** Neighbours share so many pixels of the model's input: an object of that size is whole in one of them. */
const OVERLAP_PX = 32;
/** Twice enlarged: source pixels for a pixel of the input. A drone of three pixels is found at six. */
export const FINEST = 0.5;
/** A tile that was never looked at counts as looked at so long before it was laid. */
const BEFORE_S = 2;

export interface Tile {
  readonly box: Box;
  lookedS: number;
  /** What stands out most in it; null: nothing. */
  spot: Spot | null;
}

/** @param scale source pixels for each pixel of the input */
export function tilesOf(picture: Size, input: Size, scale: number, nowS: number): Tile[] {
  const across = placesAlong(picture.w, input.w, scale);
  const down = placesAlong(picture.h, input.h, scale);
  return down.flatMap(({ from: y, length: h }) =>
    across.map(({ from: x, length: w }) => ({ box: { x, y, w, h }, lookedS: nowS - BEFORE_S, spot: null })),
  );
}

/** How many tiles there are. */
export function tilesAcross(picture: Size, input: Size, scale: number): number {
  return tilesAlong(picture.w, input.w, scale) * tilesAlong(picture.h, input.h, scale);
}

function placesAlong(side: number, inputSide: number, scale: number) {
  const count = tilesAlong(side, inputSide, scale);
  const length = Math.min(side, inputSide * scale);
  const step = count > 1 ? (side - length) / (count - 1) : 0;
  return Array.from({ length: count }, (_, i) => ({ from: i * step, length }));
}

function tilesAlong(side: number, inputSide: number, scale: number): number {
  const overlap = Math.min(OVERLAP_PX, inputSide / 4) * scale;
  return Math.max(1, Math.ceil((side - overlap) / (inputSide * scale - overlap)));
}
