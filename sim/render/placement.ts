/** Where a scene's objects are in a picture: their strokes in pixels, and the exact boxes around them. */
import type { Box } from '../../runtime/data.ts';
import { type Curve, curveAt, knotTime, sum, swayAt } from '../scene/paths.ts';
import type { CameraPose, PictureSize, Scene, SceneObject } from '../scene/scene.ts';
import { pxPerDeg, toPixel } from './projection.ts';
import type { PixelStroke } from './raster.ts';
import { spriteStrokes } from './sprites.ts';

/** Ground truth of one object in one picture. */
export interface TruthObject extends Box {
  readonly id: number;
  readonly label: string;
  /** Part of the whole box that lies in the picture, in (0, 1]. What other objects hide is not taken off. */
  readonly visible: number;
}

/** An object as it is drawn. */
export interface PlacedObject {
  readonly object: SceneObject;
  /** Where it is and how fast it moves, in degrees around the camera. */
  readonly pan: Curve;
  readonly tilt: Curve;
  readonly spanDeg: number;
  /** With the light of each part, back to front. */
  readonly strokes: readonly (PixelStroke & { readonly light: number })[];
  /** Tight, in pixels; may reach out of the picture. */
  readonly box: Box;
}

const ROTOR_TURNS_PER_S = 3.7;
/** A multicopter leans into its motion: this many spans a second are a radian, up to the limit. */
const LEAN = { spansPerSPerRad: 4, limitRad: 0.3 } as const;

/** All objects that are in the scene at that time, also those out of the picture, in the scene's order. */
export function placeObjects(scene: Scene, timeS: number, camera: CameraPose, size: PictureSize): PlacedObject[] {
  return scene.objects.flatMap((object) => placeObject(object, timeS, camera, size) ?? []);
}

/** Boxes of the objects that are at least partly in the picture, cut off at its edge. */
export function truthAt(scene: Scene, timeS: number, camera: CameraPose, size: PictureSize): TruthObject[] {
  return placeObjects(scene, timeS, camera, size).flatMap(({ object: { id, label }, box }) => {
    const seen = cutOff(box, size);
    return seen ? [{ id, label, ...seen, visible: (seen.w * seen.h) / (box.w * box.h) }] : [];
  });
}

/** The part of a box that lies in the picture; null when none does. */
export function cutOff(box: Box, size: PictureSize): Box | null {
  const x = Math.max(0, box.x);
  const y = Math.max(0, box.y);
  const w = Math.min(size.width, box.x + box.w) - x;
  const h = Math.min(size.height, box.y + box.h) - y;
  return w > 0 && h > 0 ? { x, y, w, h } : null;
}

function placeObject(object: SceneObject, timeS: number, camera: CameraPose, size: PictureSize): PlacedObject | null {
  const knotS = knotTime(object.flight, object.repeats ?? false, timeS);
  if (knotS === null) return null;
  const sway = swayAt(object.sway, timeS);
  const pan = sum(
    curveAt(object.flight, (knot) => knot.panDeg, knotS),
    sway.pan,
  );
  const tilt = sum(
    curveAt(object.flight, (knot) => knot.tiltDeg, knotS),
    sway.tilt,
  );
  const spanDeg = curveAt(object.flight, (knot) => knot.spanDeg, knotS).value;
  const center = toPixel(camera, size, pan.value, tilt.value);
  const spanPx = spanDeg * pxPerDeg(camera, size);
  const facing = object.sprite === 'airplane' && pan.rate < 0 ? -1 : 1;
  const roll = object.sprite === 'airplane' ? climb(pan.rate, tilt.rate) : lean(pan.rate, spanDeg);
  const cos = Math.cos(roll) * spanPx;
  const sin = Math.sin(roll) * spanPx;
  const strokes = spriteStrokes(object.sprite, ROTOR_TURNS_PER_S * timeS).map((part) => ({
    x0: center.x + facing * (part.x0 * cos - part.y0 * sin),
    y0: center.y - (part.x0 * sin + part.y0 * cos),
    r0: part.r0 * spanPx,
    x1: center.x + facing * (part.x1 * cos - part.y1 * sin),
    y1: center.y - (part.x1 * sin + part.y1 * cos),
    r1: part.r1 * spanPx,
    opacity: part.opacity,
    light: part.light,
  }));
  return { object, pan, tilt, spanDeg, strokes, box: boxAround(strokes) };
}

/** An airplane points where it flies. */
function climb(panRate: number, tiltRate: number): number {
  return Math.atan2(tiltRate, Math.max(1e-6, Math.abs(panRate)));
}

function lean(panRate: number, spanDeg: number): number {
  const rad = -panRate / spanDeg / LEAN.spansPerSPerRad;
  return Math.min(LEAN.limitRad, Math.max(-LEAN.limitRad, rad));
}

function boxAround(strokes: readonly PixelStroke[]): Box {
  let left = Infinity;
  let right = -Infinity;
  let top = Infinity;
  let bottom = -Infinity;
  for (const { x0, y0, r0, x1, y1, r1 } of strokes) {
    left = Math.min(left, x0 - r0, x1 - r1);
    right = Math.max(right, x0 + r0, x1 + r1);
    top = Math.min(top, y0 - r0, y1 - r1);
    bottom = Math.max(bottom, y0 + r0, y1 + r1);
  }
  return { x: left, y: top, w: right - left, h: bottom - top };
}
