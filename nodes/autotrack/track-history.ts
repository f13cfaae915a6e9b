/** What has been seen of each track lately: where, how it moved, and beside which others. Pure: times are arguments. */
import type { Direction, FrameMeta, Track } from '../../runtime/node.ts';
import type { Controller } from './control/controller.ts';
import type { TargetBox } from './control/types.ts';
import type { LostTrack } from './reacquire.ts';

/** Where a track was in a picture, as a direction of the world. */
export interface TrackDirection extends Direction {
  readonly id: number;
  readonly widthDeg: number;
  readonly label: string;
}

interface Known {
  /** Of the last {@link MOTION_MS}, oldest first. */
  readonly looks: (TrackDirection & { readonly atMs: number })[];
  /** Tracks that were in a picture together with it: they are other objects. */
  readonly beside: Set<number>;
}

/** How it moves is seen over this. */
const MOTION_MS = 1000;
/** Looks closer together than this tell jitter rather than motion. */
const LEAST_MS = 200;
/** A track that has been unseen for longer is not taken for the target. */
const LATELY_MS = 2000;
const MOST_KNOWN = 256;
const FORGET_MS = 60_000;

export class TrackHistory {
  readonly #known = new Map<number, Known>();

  /** All tracks of a picture. */
  see(looks: readonly TrackDirection[], atMs: number): void {
    for (const look of looks) {
      const known = this.#known.get(look.id) ?? { looks: [], beside: new Set<number>() };
      this.#known.set(look.id, known);
      known.looks.push({ ...look, atMs });
      while ((known.looks[0]?.atMs ?? atMs) < atMs - MOTION_MS) known.looks.shift();
      for (const { id } of looks) if (id !== look.id) known.beside.add(id);
    }
    if (this.#known.size > MOST_KNOWN) this.#forgetOld(atMs);
  }

  /** Whether these two were in one picture. */
  wereTogether(one: number, other: number): boolean {
    return this.#known.get(one)?.beside.has(other) ?? false;
  }

  /** Where a track was last, and how it moved; null: it has not been in sight lately. */
  lately(id: number, nowMs: number): LostTrack | null {
    const looks = this.#known.get(id)?.looks ?? [];
    const [first, last] = [looks[0], looks.at(-1)];
    if (!first || !last || nowMs - last.atMs > LATELY_MS) return null;
    const spanS = (last.atMs - first.atMs) / 1000;
    const perS = (axis: 'panDeg' | 'tiltDeg') => (spanS * 1000 < LEAST_MS ? 0 : (last[axis] - first[axis]) / spanS);
    return { ...last, panDegPerS: perS('panDeg'), tiltDegPerS: perS('tiltDeg') };
  }

  #forgetOld(nowMs: number): void {
    for (const [id, { looks }] of this.#known) {
      if (nowMs - (looks.at(-1)?.atMs ?? 0) > FORGET_MS) this.#known.delete(id);
    }
  }
}

/** Where a track of a picture is. */
export function lookAt(controller: Controller, frame: FrameMeta, track: Track): TrackDirection {
  const sighting = { atMs: frame.captureMonoMs, bbox: inShares(track, frame) };
  return { id: track.id, ...controller.directionOf(sighting), label: track.label };
}

/** Its box in shares of the picture. */
export function inShares({ bboxPx: { x, y, w, h } }: Track, { size }: FrameMeta): TargetBox['bbox'] {
  return { x: x / size.w, y: y / size.h, w: w / size.w, h: h / size.h };
}
