/** Where a source frame goes in a slot. Pure. */
import type { Fit, FrameMapping, FrameRequest, Size } from '../../runtime/node.ts';

/** @returns the whole source frame as viewport, and the integer rectangle of the slot that it is drawn into */
export function fitFrame(source: Size, request: Pick<FrameRequest, 'width' | 'height' | 'fit'>): FrameMapping {
  const viewportPx = { x: 0, y: 0, w: source.w, h: source.h };
  const { width, height } = request;
  if (request.fit === 'stretch') return { viewportPx, contentPx: { x: 0, y: 0, w: width, h: height } };
  const scale = Math.min(width / source.w, height / source.h);
  const round = ROUNDING[request.fit];
  const w = Math.min(width, Math.max(1, round(source.w * scale)));
  const h = Math.min(height, Math.max(1, round(source.h * scale)));
  return { viewportPx, contentPx: { ...corner(request.fit, width - w, height - h), w, h } };
}

/** Odd padding goes to the right and the bottom, as in the letterbox of the YOLO exporters. */
function corner(fit: Fit, spareX: number, spareY: number): { x: number; y: number } {
  if (fit === 'letterbox-topleft') return { x: 0, y: 0 };
  return { x: Math.floor(spareX / 2), y: Math.floor(spareY / 2) };
}

/**
 * As the exporters of the model families do it, in Python: YOLO's centred letterbox rounds, YOLOX's against the corner
 * cuts off. A pixel more or less would shift every box.
 */
const ROUNDING = { letterbox: roundHalfEven, 'letterbox-topleft': Math.floor };

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
