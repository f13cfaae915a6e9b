/**
 * Takes the margin off the boxes of a model that was trained with boxes larger than the visible object.
 *
 * Such boxes still overlap where tight ones of a few pixels would not, so doubles are suppressed before this. All
 * lengths are in pixels of the model's input.
 */
import type { Box } from '../../runtime/node.ts';
import type { BoxMargin } from './metadata.ts';

/** A side this close to the border of the picture is where the object is cut off, not where a margin ends. */
const AT_BORDER_PX = 1.5;
/** The least that is left of a side. */
const LEAST_SHARE = 0.3;
const LEAST_PX = 1.5;

/**
 * The visible object in a box.
 * @param content where the picture lies in the input; what lies beyond it is padding
 * @returns a box within the picture, with no negative side; one without area when `box` lies outside
 */
export function tighten(box: Box, margin: BoxMargin, content: Box): Box {
  const across = tightenSide(box.x, box.x + box.w, margin.xPx, content.x, content.x + content.w);
  const down = tightenSide(box.y, box.y + box.h, margin.yPx, content.y, content.y + content.h);
  return { x: across.from, y: down.from, w: across.length, h: down.length };
}

function tightenSide(low: number, high: number, marginPx: number, contentLow: number, contentHigh: number) {
  // What lies beyond the picture is not seen: without cutting it off first, an object at the border could vanish.
  const from = Math.max(low, contentLow);
  const to = Math.min(high, contentHigh);
  if (!(to > from)) return { from, length: 0 };
  const cutLow = low <= contentLow + AT_BORDER_PX;
  const cutHigh = high >= contentHigh - AT_BORDER_PX;
  const margins = (cutLow ? 0 : 1) + (cutHigh ? 0 : 1);
  const given = to - from;
  const least = Math.min(given, Math.max(LEAST_SHARE * given, LEAST_PX));
  const length = Math.max(least, given - margins * marginPx);
  if (cutLow) return { from, length };
  return { from: cutHigh ? to - length : from + (given - length) / 2, length };
}
