/**
 * Puts together what was found in the views of one frame, all in source pixels: an object that two views show is one
 * detection, and a part of an object at the edge of a view is none. Pure.
 */
import type { Box, Detection, Size } from '../../runtime/node.ts';
import type { View } from './fovea-targets.ts';
import { intersection } from './intersection.ts';

/** The detections of one view. */
export interface ViewDetections extends View {
  readonly detections: readonly Detection[];
}

export interface Fused {
  /** Most confident first. */
  readonly detections: readonly Detection[];
  /** Parts of objects that go on beyond the view. */
  readonly cut: readonly Detection[];
}

interface Kept {
  readonly detection: Detection;
  readonly view: View;
}

/** A box that ends so near to the edge of its view is cut off there: pixels of the model's input. */
const AT_EDGE_PX = 2;
/** Two boxes are of one object from this overlap on, or from this share of the smaller one inside the other. */
const SAME_IOU = 0.3;
const SAME_INSIDE = 0.7;
/** A view shows an object in full only up to this share of its sides. */
const FITS = 0.6;

/**
 * @param known objects that are there beside what was found now: what a view found of the inside of a large one is left out
 * @param sameLabel only boxes of one label are of one object
 * @param most detections
 */
export function fuse(
  views: readonly ViewDetections[],
  picture: Size,
  { known, sameLabel, most }: { readonly known: readonly Box[]; readonly sameLabel: boolean; readonly most: number },
): Fused {
  const cut: Detection[] = [];
  let kept: Kept[] = [];
  // The finest view first: it has the better box, unless the object is too large for it.
  for (const view of views.toSorted((a, b) => a.scale - b.scale)) {
    const isPart = view.box.w < picture.w || view.box.h < picture.h;
    const isInside = ({ bboxPx }: Detection) =>
      isPart && known.some((box) => !fits(box, view) && insideShare(bboxPx, box) >= SAME_INSIDE);
    const whole = view.detections.filter((detection) => {
      if (isCut(detection.bboxPx, view, picture)) cut.push(detection);
      else return !isInside(detection);
      return false;
    });
    const before = kept;
    const added = whole.filter(({ bboxPx, label, confidence }) => {
      const doubles = before.filter(
        (one) => (!sameLabel || one.detection.label === label) && isSame(one.detection.bboxPx, bboxPx),
      );
      if (doubles.length === 0) return true;
      if (doubles.some((one) => fits(bboxPx, one.view) && !isSurer(confidence, view, one))) return false;
      kept = kept.filter((one) => !doubles.includes(one));
      return true;
    });
    kept = [...kept, ...added.map((detection) => ({ detection, view }))];
  }
  const detections = kept.map(({ detection }) => detection).sort((a, b) => b.confidence - a.confidence);
  return { detections: detections.slice(0, most), cut };
}

/** It reaches an edge of the view that is none of the picture. */
function isCut(box: Box, { box: view, scale }: View, picture: Size): boolean {
  const edge = AT_EDGE_PX * scale;
  return (
    (view.x > 0 && box.x <= view.x + edge) ||
    (view.y > 0 && box.y <= view.y + edge) ||
    (view.x + view.w < picture.w && box.x + box.w >= view.x + view.w - edge) ||
    (view.y + view.h < picture.h && box.y + box.h >= view.y + view.h - edge)
  );
}

/** Of two views that show as much detail, the surer box counts. */
function isSurer(confidence: number, { scale }: View, other: Kept): boolean {
  return scale <= 1.05 * other.view.scale && confidence > other.detection.confidence;
}

function fits(box: Box, { box: view }: View): boolean {
  return box.w <= FITS * view.w && box.h <= FITS * view.h;
}

function isSame(a: Box, b: Box): boolean {
  const both = intersection(a, b);
  const [areaA, areaB] = [a.w * a.h, b.w * b.h];
  return both / (areaA + areaB - both) >= SAME_IOU || both / Math.min(areaA, areaB) >= SAME_INSIDE;
}

/** How much of a box lies in another one. */
function insideShare(box: Box, other: Box): number {
  return intersection(box, other) / (box.w * box.h);
}
