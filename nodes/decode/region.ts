/** Which stored samples a wanted part of the shown picture is. Pure. */
import type { Box, Size } from '../../runtime/node.ts';
import type { Orientation } from './orientation.ts';

/** Corners lie on it, so that they part no sample of colour of any format. */
const GRID_PX = 4;
/** Colours of a smaller part could not be scaled. */
const LEAST_PX = 16;

export interface Region {
  /** In samples as stored. */
  readonly storedPx: Box;
  /** The same in pixels of the shown picture. */
  readonly viewportPx: Box;
}

/**
 * The part that is nearest to the wanted one, inside the picture.
 * @param wantedNorm in [0, 1] of the shown picture
 * @returns null: the whole picture
 */
export function regionOf(wantedNorm: Box, stored: Size, shown: Size, orientation: Orientation): Region | null {
  const norm = toStored(wantedNorm, orientation);
  const across = span(norm.x, norm.w, stored.w);
  const down = span(norm.y, norm.h, stored.h);
  const storedPx = { x: across.from, y: down.from, w: across.length, h: down.length };
  if (storedPx.w >= stored.w && storedPx.h >= stored.h) return null;
  const exact = {
    x: storedPx.x / stored.w,
    y: storedPx.y / stored.h,
    w: storedPx.w / stored.w,
    h: storedPx.h / stored.h,
  };
  const { x, y, w, h } = toShown(exact, orientation);
  return { storedPx, viewportPx: { x: x * shown.w, y: y * shown.h, w: w * shown.w, h: h * shown.h } };
}

/** The length is that of the wanted part whatever its place: as many pictures as can be are of the same shape. */
function span(fromNorm: number, lengthNorm: number, side: number): { readonly from: number; readonly length: number } {
  const wanted = Math.max(LEAST_PX, GRID_PX * Math.round((lengthNorm * side) / GRID_PX));
  if (wanted >= side) return { from: 0, length: side };
  const from = GRID_PX * Math.round((fromNorm * side) / GRID_PX);
  // The last place need not lie on the grid of a picture of an odd size: one step before it then.
  return { from: Math.max(0, Math.min(from, GRID_PX * Math.floor((side - wanted) / GRID_PX))), length: wanted };
}

function toStored({ x, y, w, h }: Box, { isTurned, flipsColumns, flipsRows }: Orientation): Box {
  const box = isTurned ? { x: y, y: x, w: h, h: w } : { x, y, w, h };
  return { ...box, x: flipsColumns ? 1 - box.x - box.w : box.x, y: flipsRows ? 1 - box.y - box.h : box.y };
}

function toShown(box: Box, { isTurned, flipsColumns, flipsRows }: Orientation): Box {
  const x = flipsColumns ? 1 - box.x - box.w : box.x;
  const y = flipsRows ? 1 - box.y - box.h : box.y;
  return isTurned ? { x: y, y: x, w: box.h, h: box.w } : { x, y, w: box.w, h: box.h };
}
