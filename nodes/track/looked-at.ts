/** Whether a detector that looks at parts of the picture would have found an object in this frame. Pure. */
import type { Box, ViewSeen } from '../../runtime/node.ts';

/** An object is expected to be found where so much of its box was looked at. */
const LEAST_SHARE = 0.9;

/** Edges in pixels. */
interface Edges {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** @param views parts that were looked at; absent: the whole picture */
export function isLookedAt(object: Edges, views: readonly ViewSeen[] | undefined): boolean {
  if (views === undefined) return true;
  const side = Math.max(object.right - object.left, object.bottom - object.top);
  return views.some(({ regionPx, leastPx }) => side >= leastPx && shareIn(object, regionPx) >= LEAST_SHARE);
}

function shareIn({ left, top, right, bottom }: Edges, region: Box): number {
  const w = Math.min(right, region.x + region.w) - Math.max(left, region.x);
  const h = Math.min(bottom, region.y + region.h) - Math.max(top, region.y);
  return w > 0 && h > 0 ? (w * h) / ((right - left) * (bottom - top)) : 0;
}
