/** Which sides of a box lie on the border of the frame. */
import type { Box, Size } from '../../runtime/node.ts';

/** Sides of a box that lie on the border of the frame: the object may go on beyond them. */
export interface CutSides {
  readonly left: boolean;
  readonly right: boolean;
  readonly top: boolean;
  readonly bottom: boolean;
}

export const UNCUT: CutSides = { left: false, right: false, top: false, bottom: false };

/** Boxes this near to the border of the frame, as a share of its side, are taken to go on beyond it. */
const BORDER = 0.002;

export function cutSides({ x, y, w, h }: Box, frame: Size): CutSides {
  const marginX = Math.max(1, BORDER * frame.w);
  const marginY = Math.max(1, BORDER * frame.h);
  return {
    left: frame.w > 0 && x <= marginX,
    top: frame.h > 0 && y <= marginY,
    right: frame.w > 0 && x + w >= frame.w - marginX,
    bottom: frame.h > 0 && y + h >= frame.h - marginY,
  };
}
