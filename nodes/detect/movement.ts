/**
 * Whether a small thing has moved since it was first seen. Of a few pixels an object has no shape: what flies is told from a
 * buoy, or a bird on a branch, by moving. What flies mostly does so within a second, also when it hovers. Pure.
 */
import type { Box } from '../../runtime/node.ts';

/** It has moved once it is so many of its sides away, so often in a row. What stands is seen a tenth of them apart, seldom a fifth. */
const MOVED_SIDES = 0.25;
const MOVED_SIGHTINGS = 2;
/** Where it was at first: the mean of up to so many sightings. */
const FIRST_SIGHTINGS = 4;
/** Further than this from where it was expected it may be another thing, and counts from there. What moves is soon expected where it is. */
const JUMP_SIDES = 1.5;

export class Movement {
  #firstX = 0;
  #firstY = 0;
  /** Sightings in that mean, and in a row away from it. */
  #firsts = 0;
  #away = 0;

  get hasMoved(): boolean {
    return this.#away >= MOVED_SIGHTINGS;
  }

  /** It was away when it was last seen: it may be about to leave. */
  get mayMove(): boolean {
    return this.#away > 0;
  }

  /** It is seen. @param expected where it should have been, by its velocity */
  see(box: Box, expected: Box): void {
    if (this.hasMoved) return;
    const sidePx = Math.max(box.w, box.h);
    const [x, y] = [box.x + box.w / 2, box.y + box.h / 2];
    const off = Math.hypot(x - expected.x - expected.w / 2, y - expected.y - expected.h / 2);
    if (off > JUMP_SIDES * sidePx) this.#firsts = 0;
    const isAway = this.#firsts > 0 && Math.hypot(x - this.#firstX, y - this.#firstY) >= MOVED_SIDES * sidePx;
    this.#away = isAway ? this.#away + 1 : 0;
    if (isAway || this.#firsts >= FIRST_SIGHTINGS) return;
    this.#firsts += 1;
    this.#firstX += (x - this.#firstX) / this.#firsts;
    this.#firstY += (y - this.#firstY) / this.#firsts;
  }
}
