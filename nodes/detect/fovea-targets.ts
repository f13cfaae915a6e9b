/**
 * What is looked at again and again: objects that were found, each with a guess where it will be. This only says where to
 * look; identities are given by `track`. Pure.
 */
import type { Box, Size } from '../../runtime/node.ts';
import { Movement } from './movement.ts';

/** What was found in a frame, in source pixels. */
export interface Found {
  readonly bboxPx: Box;
  readonly confidence: number;
  /** Only a part of it was in the view. */
  readonly isCut: boolean;
}

/** A part of the picture that was looked at. */
export interface View {
  readonly box: Box;
  /** Source pixels for each pixel of the model's input. */
  readonly scale: number;
}

/** A detection as sure as this is looked at again … */
const START_CONFIDENCE = 0.12;
/** … and this keeps one that is looked at. */
const KEEP_CONFIDENCE = 0.1;
/** Sightings after which an object is taken to be there, and how often it may then be missed, and before that. */
const SURE_HITS = 3;
const MOST_MISSES = 8;
const MOST_MISSES_UNSURE = 3;
const FORGOTTEN_S = 1.5;
const MOST_TARGETS = 24;
/** A detection so near is the same object: in sides of the object, and as a share of the picture's width. */
const NEAR_SIDES = 1.5;
const NEAR_SHARE = 0.012;
/** Beyond that, as far as it may have flown or turned: widths of the picture a second, before its velocity is known and after. */
const FLIGHT_UNKNOWN = 0.3;
const FLIGHT_KNOWN = 0.1;
/** Share of the new velocity in the guess. */
const LEARN = 0.5;
/** Sightings of this confidence are taken to come before the first one, so many of them; and how far back the mean reaches. */
const PRIOR_CONFIDENCE = 0.45;
const PRIOR_SIGHTINGS = 1.5;
const MOST_COUNTED = 12;
/** From this trust on it is an object. Below it, after so many sightings, it only looks like one: a lit window, a lamp. */
const OBJECT_TRUST = 0.55;
const DOUBTFUL_HITS = 8;
const DOUBTFUL_EVERY_S = 0.5;
/** Of fewer source pixels than these, a thing is in doubt until it has moved. */
const SPECK_PX = 4.5;
/** Having stood for so long, it is looked at no more often than what is doubtful: other things may be found meanwhile. */
const STILL_S = 1.5;
/** An object is expected to be found from this many pixels of the model's input on, or at native resolution. */
const LEAST_SEEN_PX = 8;
const NATIVE = 1.05;

export interface Target {
  /** As seen last. */
  box: Box;
  velocity: { x: number; y: number };
  confidence: number;
  readonly firstS: number;
  seenS: number;
  lookedS: number;
  hits: number;
  misses: number;
  /** Mean confidence over its sightings, of which the last ones count most; at first held down, as if there had been doubtful ones. */
  trust: number;
  readonly movement: Movement;
}

export class Targets {
  #all: Target[] = [];

  get all(): readonly Target[] {
    return this.#all;
  }

  /** These parts of the picture were looked at. */
  note(views: readonly View[], nowS: number): void {
    for (const target of this.#all) {
      if (views.some((view) => shows(view, guess(target, nowS)))) target.lookedS = nowS;
    }
  }

  /** Those that it is time to look at. */
  dueAt(timeS: number): readonly Target[] {
    return this.#all.filter((target) => {
      const { hits, trust, movement, firstS, lookedS } = target;
      const stands = isStillSpeck(target) && !movement.mayMove && timeS - firstS >= STILL_S;
      const isDoubtful = hits >= DOUBTFUL_HITS && (trust < OBJECT_TRUST || stands);
      return !isDoubtful || timeS - lookedS >= DOUBTFUL_EVERY_S;
    });
  }

  /**
   * Takes in what was found in the views of a frame.
   * @returns the target that each of it was taken for
   */
  see(found: readonly Found[], views: readonly View[], picture: Size, nowS: number): ReadonlyMap<Found, Target> {
    const targets = new Map<Found, Target>();
    const free = new Set(this.#all);
    for (const one of found.toSorted((a, b) => b.confidence - a.confidence)) {
      const target = one.confidence < KEEP_CONFIDENCE ? undefined : nearest(one.bboxPx, free, picture, nowS);
      if (target) {
        free.delete(target);
        update(target, one, nowS);
        targets.set(one, target);
      } else if (one.confidence >= START_CONFIDENCE && !this.#isKnown(one, free, nowS)) {
        const added = newTarget(one, nowS);
        this.#all.push(added);
        targets.set(one, added);
      }
    }
    for (const target of free) if (views.some((view) => shows(view, guess(target, nowS)))) target.misses += 1;
    this.#all = this.#all.filter((target) => isKept(target, nowS));
    if (this.#all.length > MOST_TARGETS) {
      this.#all = this.#all.toSorted((a, b) => b.trust - a.trust || b.hits - a.hits).slice(0, MOST_TARGETS);
    }
    return targets;
  }

  /** A second box on an object that has one in this frame. */
  #isKnown(one: Found, free: ReadonlySet<Target>, nowS: number): boolean {
    return this.#all.some((target) => !free.has(target) && overlaps(guess(target, nowS), one.bboxPx));
  }
}

/** The confidence of what only parts of the picture show: its own once there is no doubt, until then no more than the mean. */
export function trusted(confidence: number, target: Target): number {
  const { hits, trust } = target;
  if (isStillSpeck(target)) return Math.min(confidence, trust, PRIOR_CONFIDENCE);
  return hits >= SURE_HITS && trust >= OBJECT_TRUST ? confidence : Math.min(confidence, trust);
}

/** Where the target is taken to be. */
export function guess({ box, velocity, seenS }: Target, nowS: number): Box {
  const passedS = Math.max(0, nowS - seenS);
  return { ...box, x: box.x + velocity.x * passedS, y: box.y + velocity.y * passedS };
}

/** The longer side, in source pixels, from which on an object is expected to be found in a view. */
export function leastSeenPx(scale: number): number {
  return scale > NATIVE ? LEAST_SEEN_PX * scale : 0;
}

/** The view shows the whole of it, large enough to be found. */
export function shows({ box: view, scale }: View, box: Box): boolean {
  return (
    longer(box) >= leastSeenPx(scale) &&
    box.x >= view.x &&
    box.y >= view.y &&
    box.x + box.w <= view.x + view.w &&
    box.y + box.h <= view.y + view.h
  );
}

function isStillSpeck({ box, movement }: Target): boolean {
  return longer(box) < SPECK_PX && !movement.hasMoved;
}

function newTarget({ bboxPx, confidence, isCut }: Found, nowS: number): Target {
  const seen = {
    firstS: nowS,
    seenS: nowS,
    lookedS: nowS,
    hits: isCut ? 0 : 1,
    misses: 0,
    trust: meanWith(PRIOR_CONFIDENCE, 0, confidence),
  };
  const movement = new Movement();
  if (!isCut) movement.see(bboxPx, bboxPx);
  return { box: bboxPx, velocity: { x: 0, y: 0 }, confidence, ...seen, movement };
}

function update(target: Target, { bboxPx, confidence, isCut }: Found, nowS: number): void {
  if (!isCut) target.movement.see(bboxPx, guess(target, nowS));
  const passedS = nowS - target.seenS;
  if (passedS > 0 && !isCut) {
    const [from, to] = [centre(target.box), centre(bboxPx)];
    const learn = target.hits < 2 ? 1 : LEARN;
    const { velocity } = target;
    velocity.x += learn * ((to.x - from.x) / passedS - velocity.x);
    velocity.y += learn * ((to.y - from.y) / passedS - velocity.y);
  }
  target.trust = meanWith(target.trust, target.hits, confidence);
  target.box = bboxPx;
  target.confidence = confidence;
  target.seenS = nowS;
  target.lookedS = nowS;
  target.hits += isCut ? 0 : 1;
  target.misses = 0;
}

/** The mean with one more sighting. */
function meanWith(trust: number, hits: number, confidence: number): number {
  return trust + (confidence - trust) / (PRIOR_SIGHTINGS + Math.min(MOST_COUNTED, hits + 1));
}

function nearest(box: Box, targets: ReadonlySet<Target>, picture: Size, nowS: number): Target | undefined {
  const at = centre(box);
  let best: Target | undefined;
  let bestPx = Number.POSITIVE_INFINITY;
  for (const target of targets) {
    const there = guess(target, nowS);
    const place = centre(there);
    const px = Math.hypot(place.x - at.x, place.y - at.y);
    const flightPx = (target.hits < 2 ? FLIGHT_UNKNOWN : FLIGHT_KNOWN) * picture.w * (nowS - target.seenS);
    const nearPx = flightPx + Math.max(NEAR_SHARE * picture.w, NEAR_SIDES * Math.max(there.w, there.h, box.w, box.h));
    if (px > nearPx || px >= bestPx) continue;
    best = target;
    bestPx = px;
  }
  return best;
}

function isKept({ hits, misses, seenS }: Target, nowS: number): boolean {
  return nowS - seenS <= FORGOTTEN_S && misses < (hits >= SURE_HITS ? MOST_MISSES : MOST_MISSES_UNSURE);
}

function centre({ x, y, w, h }: Box): { readonly x: number; readonly y: number } {
  return { x: x + w / 2, y: y + h / 2 };
}

export function longer({ w, h }: Box): number {
  return Math.max(w, h);
}

export function overlaps(a: Box, b: Box): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
