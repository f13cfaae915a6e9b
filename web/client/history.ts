/** The ticks of the last seconds, and the boxes at any time among them: between two ticks, or moved on by velocity. Pure. */
import type { BoxState, Moment, Point, Rect, TrackBox } from './shapes.ts';
import type { MetadataTick } from './wire.ts';

type Track = MetadataTick['tracks'][number];

interface Kept {
  readonly tick: MetadataTick;
  readonly byId: ReadonlyMap<number, Track>;
}

/** Boxes are moved on by their velocity for no longer. */
export const EXTRAPOLATE_MS = 300;
/** Without news, boxes stay where they are for so long, shown as predicted. */
const HOLD_MS = 1000;
const KEEP_MS = 10_000;
/** Ticks further apart say nothing about the time between them. */
const LONGEST_GAP_MS = 2000;
const MOST_TICKS = 1000;
/** Times in ticks are whole milliseconds. */
const ROUNDING_MS = 0.5;

export class TickHistory {
  /** In the order of their times. */
  #ticks: Kept[] = [];

  /** A tick of another session, or of another time, begins anew. */
  add(tick: MetadataTick): void {
    const newest = this.#ticks.at(-1)?.tick;
    if (newest && (newest.session_id !== tick.session_id || tick.ts_unix_ms < newest.ts_unix_ms - KEEP_MS)) {
      this.#ticks = [];
    }
    const kept = { tick, byId: new Map(tick.tracks.map((track) => [track.id, track])) };
    const after = this.#after(tick.ts_unix_ms);
    const isAgain = this.#ticks[after - 1]?.tick.ts_unix_ms === tick.ts_unix_ms;
    this.#ticks.splice(isAgain ? after - 1 : after, isAgain ? 1 : 0, kept);
    const oldestMs = (this.#ticks.at(-1)?.tick.ts_unix_ms ?? 0) - KEEP_MS;
    while (this.#ticks.length > MOST_TICKS || (this.#ticks[0]?.tick.ts_unix_ms ?? oldestMs) < oldestMs) {
      this.#ticks.shift();
    }
  }

  at(unixMs: number): Moment {
    const after = this.#after(unixMs + ROUNDING_MS);
    const [before, next] = [this.#ticks[after - 1], this.#ticks[after]];
    if (before === undefined) return { tick: null, frameIndex: null, boxes: [] };
    const { tick } = before;
    const gapMs = next === undefined ? Number.POSITIVE_INFINITY : next.tick.ts_unix_ms - tick.ts_unix_ms;
    const isBetween = gapMs <= LONGEST_GAP_MS;
    const ageMs = Math.max(0, unixMs - tick.ts_unix_ms);
    const share = isBetween ? Math.min(1, ageMs / gapMs) : 0;
    const boxes: TrackBox[] = [];
    if (ageMs <= HOLD_MS || isBetween) {
      for (const track of tick.tracks) {
        const then = isBetween ? next?.byId.get(track.id) : undefined;
        // It is gone in the next tick: somewhere in between it was seen for the last time.
        if (then === undefined && isBetween && ageMs > EXTRAPOLATE_MS) continue;
        const bboxNorm = then ? between(track.bbox, then.bbox, share) : movedOn(track, ageMs);
        boxes.push(boxOf(tick, track, bboxNorm, then ? 0 : ageMs));
      }
    }
    const lost = this.#lostTarget(after - 1, unixMs);
    if (lost && ageMs <= HOLD_MS) boxes.push(lost);
    return { tick, frameIndex: frameIndexAt(before, isBetween ? next : undefined, share), boxes };
  }

  /** Centres of a track between two times, oldest first, as shares of the frame. */
  tail(id: number, fromMs: number, toMs: number): Point[] {
    const points: Point[] = [];
    for (let i = this.#after(fromMs); i < this.#ticks.length; i++) {
      const { tick, byId } = this.#ticks[i] as Kept;
      if (tick.ts_unix_ms > toMs) break;
      const bbox = byId.get(id)?.bbox;
      if (bbox) points.push({ x: bbox.x + bbox.w / 2, y: bbox.y + bbox.h / 2 });
    }
    return points;
  }

  /** The selected target where it was seen last, when it is looked for. */
  #lostTarget(at: number, unixMs: number): TrackBox | null {
    const now = this.#ticks[at]?.tick;
    const id = now?.selected_target_id ?? null;
    const isLookedFor = now?.tracking_phase === 'searching' || now?.tracking_phase === 'lost';
    if (!now || id === null || !isLookedFor || this.#ticks[at]?.byId.has(id)) return null;
    for (let i = at - 1; i >= 0; i--) {
      const seen = this.#ticks[i]?.byId.get(id);
      const ageMs = unixMs - (this.#ticks[i]?.tick.ts_unix_ms ?? 0);
      if (seen) return { ...boxOf(now, seen, movedOn(seen, ageMs), ageMs), state: 'lost' };
    }
    return null;
  }

  /** Place of the first tick that is later. */
  #after(unixMs: number): number {
    let [low, high] = [0, this.#ticks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ticks[middle]?.tick.ts_unix_ms ?? 0) <= unixMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function boxOf(tick: MetadataTick, track: Track, bboxNorm: Rect, ageMs: number): TrackBox {
  const isTarget = track.id === tick.selected_target_id;
  const state: BoxState = ageMs > EXTRAPOLATE_MS ? 'predicted' : isTarget ? 'selected' : 'other';
  const { id, label, conf, zones = [] } = track;
  return { id, label, conf, zones, state, isTarget, ageMs, bboxNorm };
}

function between(a: Rect, b: Rect, share: number): Rect {
  const mix = (from: number, to: number) => from + (to - from) * share;
  return { x: mix(a.x, b.x), y: mix(a.y, b.y), w: mix(a.w, b.w), h: mix(a.h, b.h) };
}

function movedOn({ bbox, velocity }: Track, ageMs: number): Rect {
  const forS = Math.min(ageMs, EXTRAPOLATE_MS) / 1000;
  return { ...bbox, x: bbox.x + (velocity?.x ?? 0) * forS, y: bbox.y + (velocity?.y ?? 0) * forS };
}

function frameIndexAt(before: Kept, next: Kept | undefined, share: number): number | null {
  const [from, to] = [before.tick.frame_index, next?.tick.frame_index];
  if (from === undefined) return null;
  return to === undefined ? from : Math.round(from + (to - from) * share);
}
