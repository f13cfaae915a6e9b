/** From source pixels to the wire: normalized, clamped, rounded. Pure. */
import type { Box, Size } from '../../runtime/node.ts';

const STEPS = 1_000_000;

/**
 * Normalizes a box in source pixels, clamps it so that it lies inside the frame, rounds it to 6 decimals. The rounded
 * right and bottom edges stay inside too: `x + w <= 1`, also in floating point.
 */
export function wireBbox(boxPx: Box, frame: Size): Box {
  const [x, w] = wireSpan(boxPx.x, boxPx.w, frame.w);
  const [y, h] = wireSpan(boxPx.y, boxPx.h, frame.h);
  return { x, y, w, h };
}

/** Rounds to 6 decimals, without a negative zero; what is not finite becomes 0. */
export function round6(value: number): number {
  return Number.isFinite(value) ? Math.round(value * STEPS) / STEPS + 0 : 0;
}

export function unitInterval(value: number): number {
  return Math.min(1, Math.max(0, round6(value)));
}

function wireSpan(start: number, length: number, full: number): [number, number] {
  const from = Math.round(unitInterval(start / full) * STEPS);
  const to = Math.round(unitInterval((start + Math.max(0, length)) / full) * STEPS);
  const at = from / STEPS;
  const size = Math.max(0, to - from) / STEPS;
  return at + size <= 1 ? [at, size] : [at, Math.max(0, to - from - 1) / STEPS];
}
