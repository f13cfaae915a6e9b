/**
 * Where to look: which parts of the next frame the model is run on. A pure stepper, without clock or chance.
 *
 * A model sees few pixels of a large picture at a time: the whole of it, shrunk, or a part at native resolution. Every frame
 * gets one look, and every fifth frame two, which is what it may cost:
 *
 *  - nothing is followed: a sweep of tiles over the picture, and the whole of it twice a second
 *  - something is followed: every frame a look at it, in as much detail as its size needs, and the second looks for sweep
 *    and whole. Objects that the whole picture shows well enough are followed there, all at once.
 *
 * The tiles are as small as a sweep within a second allows. The frame that the plan is for comes after the one whose results
 * are still missing, so objects are looked for where they will be two frames after they were seen.
 */
import type { Box, Size } from '../../runtime/node.ts';
import { Sweep } from './fovea-sweep.ts';
import { type Found, guess, longer, overlaps, type Target, Targets, type View } from './fovea-targets.ts';
import type { Spot } from './spots.ts';
import { FINEST } from './tiles.ts';

/** Looks at one frame. */
export const MOST_VIEWS = 2;
const VIEWS_PER_FRAME = 1.2;
const WHOLE_EVERY_S = 0.5;
/** An object is shown with its longer side on at most so many pixels of the input … */
const IDEAL_PX = 40;
/** … and enlarged up to so many, no more than tiles are: enlarged further, a lit window looks like a drone. */
const ENLARGED_PX = 8;
/** In the whole picture it is followed from here on. */
const LEAST_IN_WHOLE_PX = 16;
/** A picture that the model sees at this scale or better needs no second look: source pixels for a pixel of the input. */
export const SEEN_WELL = 1.3;
/** What is looked at together with an object lies within this share of the view. */
const TOGETHER = 0.8;
/** Without second looks: every so often a look at what is not followed. */
const ELSEWHERE_EVERY = 6;
const FIRST_FRAME_S = 0.04;
/** Share of a new frame interval in the mean: of the first ones each counts the same. */
const LEARN = 0.1;

/** A frame that has come. */
export interface Seen {
  /** Media time, or that of a clock. */
  readonly timeS: number;
  readonly picture: Size;
  /** The parts that it shows, with what stands out in them where that was {@link Fovea.wantsSpots asked for}. */
  readonly views: readonly (View & { readonly spots?: readonly Spot[] })[];
}

export class Fovea {
  readonly #input: Size;
  readonly #sweep: Sweep;
  readonly #targets = new Targets();
  #timeS = Number.NaN;
  #frameS = FIRST_FRAME_S;
  /** Intervals that were measured. */
  #intervals = 0;
  #picture: Size = { w: 0, h: 0 };
  #wholeS = Number.NEGATIVE_INFINITY;
  /** Looks that may be taken: a share of one is left over from frame to frame. */
  #credit = 0;
  /** Looks at targets since the last one elsewhere. */
  #sinceElsewhere = 0;
  #wasWhole = false;
  #proposed: readonly Box[] = [];
  #wasProposed = false;

  /** @param input size of the model's input */
  constructor(input: Size) {
    this.#input = input;
    this.#sweep = new Sweep(input);
  }

  /** Objects that are followed, where they were seen last. */
  get targets(): readonly Target[] {
    return this.#targets.all;
  }

  /**
   * A frame has come; its results are not known yet.
   * @param viewsPerS budget: looks a second; undefined: as many as frames and a fifth allow
   * @returns parts of the next frame to look at, in source pixels; the whole picture as such a part. None: that frame is not
   *   looked at, for the sake of the budget
   */
  next({ timeS, picture, views }: Seen, viewsPerS = Number.POSITIVE_INFINITY): readonly Box[] {
    const passedS = timeS - this.#timeS;
    if (passedS > 0 && passedS < 1) {
      this.#intervals += 1;
      this.#frameS += Math.max(LEARN, 1 / this.#intervals) * (passedS - this.#frameS);
    }
    this.#timeS = timeS;
    this.#picture = picture;
    for (const { box, scale } of views) {
      this.#sweep.note(box, scale, timeS);
      if (box.w >= picture.w && box.h >= picture.h) this.#wholeS = timeS;
    }
    this.#targets.note(views, timeS);
    const perFrame = Math.min(VIEWS_PER_FRAME, viewsPerS * this.#frameS);
    this.#credit = Math.min(MOST_VIEWS, this.#credit + perFrame);
    const count = Math.floor(this.#credit + 1e-9);
    this.#credit -= count;
    const whole = this.#whole;
    if (count === 0) return [];
    if (this.#scaleOf(whole) <= SEEN_WELL) return [whole];
    this.#sweep.layOut(picture, perFrame / this.#frameS - 1 / WHOLE_EVERY_S, timeS);
    for (const view of views) if (view.spots && this.wantsSpots(view, picture)) this.#sweep.mark(view.box, view.spots);
    return this.#look(count);
  }

  /**
   * What was found in the frame given last.
   * @returns what each of it was taken for
   */
  see(found: readonly Found[], views: readonly View[]): ReadonlyMap<Found, Target> {
    return this.#targets.see(found, views, this.#picture, this.#timeS);
  }

  /** Small things that stand out in this view say where to look. */
  wantsSpots({ box, scale }: View, picture: Size): boolean {
    const isWhole = box.w >= picture.w && box.h >= picture.h;
    return scale > SEEN_WELL
      ? this.#sweep.wantsSpots(scale, isWhole)
      : !isWhole && this.#sweep.wantsSpots(scale, false);
  }

  /** Parts of the picture in which something moves, the most likely first, in source pixels: until the next plan. */
  propose(boxes: readonly Box[]): void {
    this.#proposed = boxes;
  }

  #look(count: number): Box[] {
    const views: Box[] = [];
    const main = this.#mainView();
    const skipsMain = count === 1 && this.#sinceElsewhere >= ELSEWHERE_EVERY;
    if (main && !skipsMain) {
      views.push(main);
      this.#sinceElsewhere += 1;
    }
    const elsewhere = this.#elsewhere(main !== null);
    while (views.length < count) {
      const view = elsewhere.next().value;
      if (!view) break;
      views.push(view);
      this.#sinceElsewhere = 0;
    }
    return views;
  }

  /** Every other time what was proposed; the whole picture when it is due, else tiles. */
  *#elsewhere(isFollowing: boolean): Generator<Box> {
    const proposed = this.#wasProposed ? undefined : this.#closeToNew();
    this.#wasProposed = proposed !== undefined;
    if (proposed) yield proposed;
    const isDue = this.#timeS + this.#frameS - this.#wholeS >= WHOLE_EVERY_S;
    // While something is followed there are few of these looks: they take turns.
    const isWhole = isDue && !(isFollowing && this.#wasWhole);
    this.#wasWhole = isWhole;
    if (isWhole) yield this.#whole;
    yield* this.#sweep.inOrder(this.#timeS, isFollowing);
  }

  /** Where the targets are: the whole picture if it shows all of them well, else those that were not looked at for longest. */
  #mainView(): Box | null {
    const atS = this.#timeS + this.#frameS;
    const targets = this.#targets.dueAt(atS).map((target) => ({ target, box: guess(target, atS) }));
    const [first, ...others] = targets.toSorted(
      (a, b) => a.target.lookedS - b.target.lookedS || longer(a.box) - longer(b.box),
    );
    if (!first) return null;
    const wholeScale = this.#scaleOf(this.#whole);
    if (targets.every(({ box }) => longer(box) >= LEAST_IN_WHOLE_PX * wholeScale)) return this.#whole;
    const scale = scaleFor(longer(first.box) * (first.target.hits === 0 ? 2 : 1));
    if (scale >= wholeScale * 0.85) return this.#whole;
    const size = { w: this.#input.w * scale, h: this.#input.h * scale };
    let together = first.box;
    for (const { box } of others) {
      const both = around(together, box);
      if (both.w <= TOGETHER * size.w && both.h <= TOGETHER * size.h) together = both;
    }
    return this.#inside({
      x: together.x + (together.w - size.w) / 2,
      y: together.y + (together.h - size.h) / 2,
      ...size,
    });
  }

  /** A part round what was proposed and is not followed. */
  #closeToNew(): Box | undefined {
    const atS = this.#timeS + this.#frameS;
    const isKnown = (box: Box) => this.#targets.all.some((target) => overlaps(guess(target, atS), box));
    const box = this.#proposed.find((one) => !isKnown(one));
    if (!box) return undefined;
    const scale = Math.max(1, longer(box) / IDEAL_PX);
    const size = { w: this.#input.w * scale, h: this.#input.h * scale };
    return this.#inside({ x: box.x + (box.w - size.w) / 2, y: box.y + (box.h - size.h) / 2, ...size });
  }

  get #whole(): Box {
    return { x: 0, y: 0, ...this.#picture };
  }

  /** Source pixels for each pixel of the input. */
  #scaleOf({ w, h }: Box): number {
    return Math.max(w / this.#input.w, h / this.#input.h);
  }

  #inside(view: Box): Box {
    const w = Math.min(view.w, this.#picture.w);
    const h = Math.min(view.h, this.#picture.h);
    const x = Math.max(0, Math.min(view.x, this.#picture.w - w));
    const y = Math.max(0, Math.min(view.y, this.#picture.h - h));
    return { x, y, w, h };
  }
}

/** Source pixels for each pixel of the input, for an object of so many source pixels. */
function scaleFor(sidePx: number): number {
  return Math.max(FINEST, Math.min(1, sidePx / ENLARGED_PX), sidePx / IDEAL_PX);
}

function around(a: Box, b: Box): Box {
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  return { x, y, w: Math.max(a.x + a.w, b.x + b.w) - x, h: Math.max(a.y + a.h, b.y + b.h) - y };
}
