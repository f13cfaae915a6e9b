/**
 * Which frames are worth a run of the model (`when: motion`): those in which something moves, and some more. A pure stepper.
 *
 * A frame is looked at
 *   - while it can't be told what moves: the first frames, a cut, a lamp that is switched on;
 *   - when the camera has turned or zoomed since the last look;
 *   - when something moves by itself, and for a while after that: what moved may stand still now;
 *   - when the last look was long ago: sooner where it found something, so that what hovers or waits is seen again;
 *   - for a while after a look that found something else than the one before: what is missed once is looked for as if there
 *     were no gate, and what is new is seen often enough to become a track.
 */
import type { Box, Detection, FrameMotion } from '../../runtime/node.ts';
import { intersection } from './intersection.ts';

/** What is known of a frame before it is looked at. */
export interface Glance {
  readonly atMs: number;
  readonly motion: Pick<FrameMotion, 'moved' | 'regions'> & { readonly follows: boolean; readonly stirs: boolean };
}

type Found = Pick<Detection, 'bboxPx' | 'confidence'>;

/** After a reason to look, every frame is looked at for so long. */
const HOLD_MS = 1000;
/** What was found is looked for again after so long. */
const KEEP_ALIVE_MS = 1000;
/** A picture that has moved by so much of its width, or grown by so much, since the last look is another one. */
const TURNED = 0.005;
/** What is found with less confidence comes and goes. */
const SURE = 0.3;
const SAME_IOU = 0.3;
/** Boxes are the same, too, when their centres are no further apart than this share of their longer side. */
const SAME_CENTRE = 0.5;

export class LookGate {
  /** Longest time between two looks. */
  everyMs: number;
  #lastLookMs = Number.NEGATIVE_INFINITY;
  #holdUntilMs = Number.NEGATIVE_INFINITY;
  /** How the picture has moved since the last look. */
  #turned = { right: 0, down: 0, scale: 1, roll: 0 };
  #known: readonly Found[] = [];

  constructor(everyMs: number) {
    this.everyMs = everyMs;
  }

  /** @returns true: run the model, and tell what it `found` */
  looks({ atMs, motion }: Glance): boolean {
    const { moved, follows, regions, stirs } = motion;
    if (moved) {
      const { right, down, scale, roll } = this.#turned;
      this.#turned = {
        right: right + moved.right,
        down: down + moved.down,
        scale: scale * moved.scale,
        roll: roll + moved.roll,
      };
    }
    if (!follows || stirs || regions.length > 0 || this.#hasTurned()) this.#holdUntilMs = atMs + HOLD_MS;
    const waitsMs = this.#known.length > 0 ? Math.min(KEEP_ALIVE_MS, this.everyMs) : this.everyMs;
    // A clock that goes back: another stream.
    return atMs < this.#lastLookMs || atMs <= this.#holdUntilMs || atMs - this.#lastLookMs >= waitsMs;
  }

  /** What the look at a frame has found. */
  found(atMs: number, detections: readonly Found[]): void {
    this.#lastLookMs = atMs;
    this.#turned = { right: 0, down: 0, scale: 1, roll: 0 };
    const sure = detections.filter(({ confidence }) => confidence >= SURE);
    const isMissed = this.#known.some((one) => !detections.some((other) => isSame(one.bboxPx, other.bboxPx)));
    const isNew = sure.some((one) => !this.#known.some((other) => isSame(one.bboxPx, other.bboxPx)));
    if (isMissed || isNew) this.#holdUntilMs = atMs + HOLD_MS;
    this.#known = sure;
  }

  #hasTurned(): boolean {
    const { right, down, scale, roll } = this.#turned;
    return Math.hypot(right, down) > TURNED || Math.abs(scale - 1) > TURNED || Math.abs(roll) > TURNED;
  }
}

function isSame(a: Box, b: Box): boolean {
  const both = intersection(a, b);
  if (both / (a.w * a.h + b.w * b.h - both) >= SAME_IOU) return true;
  const apart = Math.hypot(a.x + a.w / 2 - b.x - b.w / 2, a.y + a.h / 2 - b.y - b.h / 2);
  return apart <= SAME_CENTRE * Math.max(a.w, a.h, b.w, b.h);
}
