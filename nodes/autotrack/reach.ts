/**
 * Detects that an axis is at its limit: it is commanded to move, but the reported position does not change. What
 * pushes further that way is then held back, so that no motor works against its stop, and nothing reckons with a way that
 * was not made. Needs no limits from a data
 * sheet, and works in whatever unit the positions are. Pure: time is an argument.
 */
import type { Velocity } from '../../ptz/index.ts';
import type { TurnAxis } from './control/plant-watch.ts';

export interface Positions {
  readonly atMs: number;
  /** Null: the camera does not say. */
  readonly pan: number | null;
  readonly tilt: number | null;
}

const AXES = ['pan', 'tilt'] as const;
/** Slower commands may move an axis by less than can be measured. */
const LEAST_COMMAND = 0.05;
/** How long an axis must have been commanded in one direction … */
const TOLD_MS = 1500;
/** … without a change of its position. */
const STAYED_MS = 800;
/** Positions that differ by less are the same; by unit. */
const SAME = { degrees: 0.05, normalized: 0.0005 } as const;

class AxisReach {
  /** Commanded direction, and since when. */
  #way: -1 | 0 | 1 = 0;
  #sinceMs = 0;
  #stayed: { readonly position: number; readonly sinceMs: number } | null = null;
  #blocked: -1 | 0 | 1 = 0;
  #blockedAt = 0;

  get blocked(): -1 | 0 | 1 {
    return this.#blocked;
  }

  sent(command: number, atMs: number): void {
    const way = Math.abs(command) < LEAST_COMMAND ? 0 : command > 0 ? 1 : -1;
    if (way === this.#way) return;
    this.#way = way;
    this.#sinceMs = atMs;
    // The opposite direction is always free.
    if (way !== 0 && way !== this.#blocked) this.#blocked = 0;
  }

  /** @returns since when it has been at the limit, when that is news */
  see(position: number | null, atMs: number, same: number, lateMs: number): number | null {
    if (position === null) return null;
    if (this.#stayed === null || Math.abs(position - this.#stayed.position) > same) {
      this.#stayed = { position, sinceMs: atMs };
    }
    if (this.#blocked !== 0 && Math.abs(position - this.#blockedAt) > 4 * same) this.#blocked = 0;
    const isTold = this.#way !== 0 && atMs - this.#sinceMs >= TOLD_MS + lateMs;
    if (!isTold || atMs - this.#stayed.sinceMs < STAYED_MS) return null;
    const isNews = this.#blocked !== this.#way;
    this.#blocked = this.#way;
    this.#blockedAt = position;
    return isNews ? this.#stayed.sinceMs : null;
  }
}

export class Reach {
  readonly #axes = { pan: new AxisReach(), tilt: new AxisReach() };

  /** A velocity, or a stop, went out. */
  sent({ pan, tilt }: Velocity, atMs: number): void {
    this.#axes.pan.sent(pan, atMs);
    this.#axes.tilt.sent(tilt, atMs);
  }

  /**
   * @param roundTripMs how late commands and news are
   * @returns the axes that are found to be at their limit, and since when
   */
  see(positions: Positions, unit: keyof typeof SAME, roundTripMs: number): (readonly [TurnAxis, sinceMs: number])[] {
    return AXES.flatMap((axis) => {
      const sinceMs = this.#axes[axis].see(positions[axis], positions.atMs, SAME[unit], 2 * roundTripMs);
      return sinceMs === null ? [] : [[axis, sinceMs] as const];
    });
  }

  /** The axes at their limit. */
  get ends(): readonly TurnAxis[] {
    return AXES.filter((axis) => this.#axes[axis].blocked !== 0);
  }

  /** The part of a velocity that the axes can follow. */
  within<T extends Velocity>(velocity: T): T {
    const free = (axis: TurnAxis) => (Math.sign(velocity[axis]) === this.#axes[axis].blocked ? 0 : velocity[axis]);
    return { ...velocity, pan: free('pan'), tilt: free('tilt') };
  }
}
