/**
 * Where the picture lies within the element that shows it: `object-fit` and `object-position`. Pure. The picture's size is
 * the one the browser states (`videoWidth` × `videoHeight`): rotation and pixel aspect are in it already.
 */
import type { Point, Rect, Size } from './shapes.ts';

export type ObjectFit = 'fill' | 'contain' | 'cover' | 'none' | 'scale-down';

/** A place along one axis: that share of the room left over, and pixels on top. */
export interface Place {
  readonly share: number;
  readonly px: number;
}

/** @returns the whole picture, also what lies outside of the box and is not seen */
export function pictureRect(box: Rect, picture: Size, fit: ObjectFit, position: readonly [Place, Place]): Rect {
  const { w, h } = fittedSize(box, picture, fit);
  const [across, down] = position;
  return {
    x: box.x + across.share * (box.w - w) + across.px,
    y: box.y + down.share * (box.h - h) + down.px,
    w,
    h,
  };
}

/** A part of the picture, in shares of it, as it is displayed. */
export function placed(picture: Rect, part: Rect): Rect {
  return {
    x: picture.x + part.x * picture.w,
    y: picture.y + part.y * picture.h,
    w: part.w * picture.w,
    h: part.h * picture.h,
  };
}

/** A computed `object-position`: two lengths, each a percentage, pixels, or `calc` of both. */
export function parsePosition(text: string): readonly [Place, Place] {
  const parts = text.match(/calc\([^)]*\)|[^\s]+/g) ?? [];
  return [parsePlace(parts[0]), parsePlace(parts[1])];
}

/** From a point to the nearest one of the rectangle; 0 inside. */
export function distanceTo(rect: Rect, { x, y }: Point): number {
  const across = Math.max(rect.x - x, x - rect.x - rect.w, 0);
  const down = Math.max(rect.y - y, y - rect.y - rect.h, 0);
  return Math.hypot(across, down);
}

export function overlaps(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

function fittedSize(box: Size, picture: Size, fit: ObjectFit): Size {
  if (fit === 'fill' || picture.w <= 0 || picture.h <= 0) return { w: box.w, h: box.h };
  if (fit === 'none') return picture;
  const [across, down] = [box.w / picture.w, box.h / picture.h];
  const whole = Math.min(across, down);
  const scale = fit === 'cover' ? Math.max(across, down) : fit === 'scale-down' ? Math.min(1, whole) : whole;
  return { w: picture.w * scale, h: picture.h * scale };
}

/** Browsers compute keywords and other units away. What it does not know counts as the middle, the initial value. */
function parsePlace(text = '50%'): Place {
  let [share, px] = [0, 0];
  let isKnown = false;
  for (const [, sign, digits, unit] of text.matchAll(/([+-]?)\s*(\d*\.?\d+(?:e[+-]?\d+)?)(%|px)/g)) {
    const value = Number(digits) * (sign === '-' ? -1 : 1);
    if (unit === '%') share += value / 100;
    else px += value;
    isKnown = true;
  }
  return isKnown ? { share, px } : { share: 0.5, px: 0 };
}
