/** The frames of detect with `roi: auto`: looked at by parts that change from frame to frame. */
import type { Box, Detection, DetectionsMessage, FramePart, FrameView, Pace, Size } from '../../runtime/node.ts';
import { Fovea, SEEN_WELL } from './fovea.ts';
import { leastSeenPx, trusted, type View } from './fovea-targets.ts';
import { fuse } from './fuse.ts';
import type { Model } from './model.ts';
import type { DetectOptions } from './options.ts';
import type { Glanced } from './resting.ts';
import { spotsOf } from './spots.ts';

/** What is known once a frame was looked at. */
export type Outcome = Pick<DetectionsMessage, 'detections' | 'views'>;

/** So many of what moves, the strongest, are looked at closely. */
const MOST_PROPOSED = 4;
/** Share of a new time in the mean. */
const LEARN = 0.1;
/** Objects at the very edge of a view are cut off there: it does not count as looked at. Pixels of the model's input. */
const EDGE_PX = 6;

export class Looks {
  readonly #sameLabel: boolean;
  readonly #pace: Pace;
  readonly #fovea: Fovea;
  #params: DetectOptions;
  /** Mean time of one run, in ms. */
  #runMs = 0;
  /** Nothing of the frame that comes is looked at. */
  #rests = false;
  /** With `when: motion` every frame has the whole picture first; it is not looked at unless that was wanted. */
  readonly #watches: boolean;
  #isWholeExtra = false;

  constructor(params: DetectOptions, { image, reading }: Model, pace: Pace) {
    this.#params = params;
    this.#sameLabel = reading.scoring !== 'objectness' && !params.class_agnostic_nms;
    this.#pace = pace;
    this.#fovea = new Fovea(image.size);
    this.#watches = params.when === 'motion';
  }

  /** What is there, by the looks so far. */
  get known(): readonly Pick<Detection, 'bboxPx' | 'confidence'>[] {
    return this.#fovea.targets.map(({ box, confidence }) => ({ bboxPx: box, confidence }));
  }

  update(params: DetectOptions): void {
    this.#params = params;
  }

  /**
   * A frame has come: says what is wanted of the next one.
   * @param glanced what moves in it, and whether the model rests
   * @returns the parts of this one to run the model on
   */
  begin(frame: FrameView, glanced?: Glanced): readonly FramePart[] {
    const { parts, lookNext, meta } = frame;
    if (!parts || !lookNext) throw new TypeError('the frame has no parts');
    const isExtra = this.#isWholeExtra && parts.length > 1;
    const shown = this.#rests || glanced?.rests ? [] : parts.slice(isExtra ? 1 : 0);
    const views = shown.map((part) => {
      const view = this.#viewOf(part);
      return this.#fovea.wantsSpots(view, meta.size) ? { ...view, spots: spotsOf(part, frame.request) } : view;
    });
    this.#fovea.propose((glanced?.told.motion?.regions ?? []).slice(0, MOST_PROPOSED).map(({ bboxPx }) => bboxPx));
    const seen = { timeS: meta.captureMonoMs / 1000, picture: meta.size, views };
    const planned = this.#fovea.next(seen, this.#viewsPerS);
    this.#rests = planned.length === 0;
    const wanted = glanced?.rests ? [] : planned;
    this.#isWholeExtra = this.#watches && !wanted.some((box) => isAll(box, meta.size));
    const whole = { x: 0, y: 0, ...meta.size };
    const others = this.#watches ? wanted.filter((box) => !isAll(box, meta.size)) : wanted;
    lookNext((this.#watches ? [whole, ...others] : others).map((box) => norm(box, meta.size)));
    return shown;
  }

  /** @param found in each of the parts @param inferenceMs of all runs */
  finish(
    frame: FrameView,
    parts: readonly FramePart[],
    found: readonly (readonly Detection[])[],
    inferenceMs: number,
  ): Outcome {
    if (parts.length > 0) {
      const runMs = inferenceMs / parts.length;
      this.#runMs += (this.#runMs === 0 ? 1 : LEARN) * (runMs - this.#runMs);
    }
    const views = parts.map((part) => this.#viewOf(part));
    const { size } = frame.meta;
    const { detections, cut } = fuse(
      views.map((view, i) => ({ ...view, detections: found[i] ?? [] })),
      size,
      {
        known: this.#fovea.targets.map(({ box }) => box),
        sameLabel: this.#sameLabel,
        most: this.#params.max_detections,
      },
    );
    const ones = detections.map((one) => ({ ...one, isCut: false }));
    const targets = this.#fovea.see([...ones, ...cut.map((one) => ({ ...one, isCut: true }))], views);
    const isWhole = views.some(({ box, scale }) => isAll(box, size) && scale <= SEEN_WELL);
    if (isWhole) return { detections };
    const inWhole = new Set(found.filter((_, i) => views[i] && isAll(views[i].box, size)).flat());
    const judged = detections.map((one, i) => {
      const target = ones[i] && targets.get(ones[i]);
      return target && !inWhole.has(one) ? { ...one, confidence: trusted(one.confidence, target) } : one;
    });
    judged.sort((one, other) => other.confidence - one.confidence);
    return { detections: judged, views: views.map((view) => seen(view, size)) };
  }

  /** Runs a second that the budget allows. `asap` pace has no time of its own: a run over a file gives the same result twice. */
  get #viewsPerS(): number | undefined {
    const { budget_ms } = this.#params;
    if (budget_ms === undefined || this.#pace === 'asap' || this.#runMs === 0) return undefined;
    return budget_ms / this.#runMs;
  }

  #viewOf({ mapping: { viewportPx, contentPx } }: FramePart): View {
    return { box: viewportPx, scale: Math.max(viewportPx.w / contentPx.w, viewportPx.h / contentPx.h) };
  }
}

function isAll(box: Box, picture: Size): boolean {
  return box.w >= picture.w && box.h >= picture.h;
}

function norm({ x, y, w, h }: Box, picture: Size): Box {
  return { x: x / picture.w, y: y / picture.h, w: w / picture.w, h: h / picture.h };
}

/** The part in which an object would have been found, and from what size on. */
function seen({ box, scale }: View, picture: Size) {
  const edge = EDGE_PX * scale;
  const left = box.x > 0 ? edge : 0;
  const top = box.y > 0 ? edge : 0;
  const right = box.x + box.w < picture.w ? edge : 0;
  const bottom = box.y + box.h < picture.h ? edge : 0;
  const regionPx = { x: box.x + left, y: box.y + top, w: box.w - left - right, h: box.h - top - bottom };
  return { regionPx, leastPx: leastSeenPx(scale) };
}
